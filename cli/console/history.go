package console

import (
	"strings"

	"github.com/retainctl/retainctl/folder"
)

// history implements term.History. Its lines are in the order in which they were typed.
type history struct {
	file  folder.File
	lines []string
}

// keptLines is how many lines are kept. maxHistory is the size of the largest file of them, in bytes.
const (
	keptLines  = 500
	maxHistory = 64 << 20
)

// openHistory reads the lines of earlier consoles. If the file cannot be read, the history is empty.
func openHistory(file folder.File) *history {
	h := &history{file: file}
	if text, err := file.Read(maxHistory); err == nil {
		for line := range strings.Lines(string(text)) {
			h.Add(strings.TrimSuffix(line, "\n"))
		}
	}
	return h
}

// Add appends a line, unless it is blank or repeats the line before.
func (h *history) Add(line string) {
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > keptLines {
		h.lines = h.lines[len(h.lines)-keptLines:]
	}
}

// Len returns the number of lines.
func (h *history) Len() int { return len(h.lines) }

// At returns a line; 0 is the last one.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }

// save writes the lines for the next console, if the folder can be written to. The lines may hold
// secrets, so the file has the mode of a state.
func (h *history) save() {
	if len(h.lines) > 0 {
		h.file.Replace([]byte(strings.Join(h.lines, "\n") + "\n"))
	}
}
