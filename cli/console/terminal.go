package console

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
)

// Terminal reads expressions with a line editor, in which Tab completes names and functions.
func Terminal(o Options) error {
	r := repl{Options: o}
	editor := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{o.In, o.Out}, "> ")
	width := cmp.Or(o.Width, 80)
	editor.SetSize(width, 1000)
	editor.AutoCompleteCallback = completer{o.Configuration, editor, width}.key
	if o.History != nil {
		kept := openHistory(*o.History)
		editor.History = kept
		defer kept.save()
	}
	for {
		editor.SetPrompt("> ")
		if r.text.Len() > 0 {
			editor.SetPrompt(": ")
		}
		line, err := readLine(o.In, editor)
		switch {
		case errors.Is(err, io.EOF):
			fmt.Fprintln(o.Out)
			return nil
		case err != nil:
			return fmt.Errorf("read the terminal: %w", err)
		case r.line(line):
			return r.err
		}
	}
}

// readLine reads one line. The terminal is in raw mode only while it reads, so that Ctrl-C ends an
// evaluation that takes too long.
func readLine(in io.Reader, editor *term.Terminal) (string, error) {
	if file, ok := in.(*os.File); ok {
		before, err := term.MakeRaw(int(file.Fd()))
		if err != nil {
			return "", err
		}
		defer term.Restore(int(file.Fd()), before)
	}
	return editor.ReadLine()
}

// completer completes the word at the cursor.
type completer struct {
	configuration *spec.Console
	screen        io.Writer
	width         int
}

// key handles a key that was typed; ok is false for all keys but Tab.
func (c completer) key(line string, at int, key rune) (newLine string, newAt int, ok bool) {
	if key != '\t' {
		return "", 0, false
	}
	before := line[:at]
	start := wordStart(before)
	found := c.configuration.Complete(before[start:])
	if len(found) == 0 {
		return line, at, true
	}
	common := found[0]
	for _, other := range found[1:] {
		for !strings.HasPrefix(other, common) {
			common = common[:len(common)-1]
		}
	}
	if common == before[start:] && len(found) > 1 {
		var b bytes.Buffer
		render.Columns(&b, found, c.width)
		c.screen.Write(b.Bytes())
	}
	before = before[:start] + common
	return before + line[at:], len(before), true
}

// wordStart returns the offset of the reference at the end of a text, such as
// message.room["attic"].to.
func wordStart(text string) int {
	i := len(text)
	for i > 0 {
		switch c := text[i-1]; {
		case c == '_' || c == '.' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			i--
		case c == ']' && strings.Contains(text[:i], "["):
			i = strings.LastIndexByte(text[:i], '[')
		default:
			return i
		}
	}
	return 0
}
