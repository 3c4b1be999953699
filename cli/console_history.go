package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/retainctl/retainctl/state"
)

// lineHistory are the lines that were typed, the oldest first, for the arrow keys.
type lineHistory struct {
	path  string
	lines []string
}

const keptLines = 500

// consoleHistory reads the lines of earlier consoles of this folder. Without a file
// that can be read it begins empty.
func (s *session) consoleHistory() *lineHistory {
	h := &lineHistory{path: s.path(filepath.Join(".retainctl", "console_history"))}
	if text, err := os.ReadFile(h.path); err == nil {
		for line := range strings.Lines(string(text)) {
			h.Add(strings.TrimSuffix(line, "\n"))
		}
	}
	return h
}

// Add takes a line that was typed, unless it is that before.
func (h *lineHistory) Add(line string) {
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > keptLines {
		h.lines = h.lines[len(h.lines)-keptLines:]
	}
}

// Len is how many there are.
func (h *lineHistory) Len() int { return len(h.lines) }

// At counts from the last line back.
func (h *lineHistory) At(i int) string { return h.lines[len(h.lines)-1-i] }

// save keeps the lines for the next console, where the folder can be written to. Who
// may read them is who may read the state: they may hold what is secret.
func (h *lineHistory) save() {
	if len(h.lines) > 0 {
		state.WriteFile(h.path, []byte(strings.Join(h.lines, "\n")+"\n"))
	}
}
