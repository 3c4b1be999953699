package render

import (
	"io"
	"strings"
)

// Columns writes names in as many columns as fit into width, ordered down the columns. A width of 0 is 78.
func Columns(w io.Writer, names []string, width int) error {
	widest := 0
	for _, name := range names {
		widest = max(widest, len(name))
	}
	across := max(Style{Width: width}.width()/(widest+2), 1)
	down := (len(names) + across - 1) / across
	var b strings.Builder
	for row := range down {
		line := ""
		for i := row; i < len(names); i += down {
			line += Escape(names[i]) + strings.Repeat(" ", widest+2-len(names[i]))
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
