package console

import (
	"os"
	"strings"

	"github.com/retainctl/retainctl/state"
)

// history holds the lines that were typed, the oldest first, for the arrow keys.
type history struct {
	path  string
	lines []string
}

const keptLines = 500

// openHistory reads the lines of earlier consoles. If the file cannot be read, it begins
// empty.
func openHistory(path string) *history {
	h := &history{path: path}
	if text, err := os.ReadFile(h.path); err == nil {
		for line := range strings.Lines(string(text)) {
			h.Add(strings.TrimSuffix(line, "\n"))
		}
	}
	return h
}

// Add takes a line that was typed, unless it repeats the one before.
func (h *history) Add(line string) {
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > keptLines {
		h.lines = h.lines[len(h.lines)-keptLines:]
	}
}

// Len returns how many there are.
func (h *history) Len() int { return len(h.lines) }

// At returns a line, counted from the last one back.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }

// save keeps the lines for the next console, if the folder can be written to. Only those
// may read them who may read the state: they may hold secrets.
func (h *history) save() {
	if len(h.lines) > 0 {
		state.WriteFile(h.path, []byte(strings.Join(h.lines, "\n")+"\n"))
	}
}
