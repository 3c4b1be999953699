// Package console evaluates the expressions that somebody types, or that a stream holds,
// and prints their values. An expression goes on in the next line while a bracket or a
// heredoc is open.
package console

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
)

// Options say over what expressions are evaluated, and where they come from.
type Options struct {
	Configuration *spec.Console
	In            io.Reader
	Out           io.Writer
	Width         int    // of a terminal, in columns; 0 if it is not known
	History       string // the file that keeps the lines typed into a terminal; "" keeps none
	// Diagnose prints what is wrong with an expression, and fails if that is an error.
	Diagnose func(hcl.Diagnostics) error
}

// Pipe evaluates the lines of a stream, and reports whether an expression failed.
func Pipe(o Options) (failed bool, err error) {
	r := repl{Options: o}
	lines := bufio.NewReader(o.In)
	for {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return r.failed, fmt.Errorf("read standard input: %w", err)
		}
		if r.line(strings.TrimRight(line, "\r\n")) || err != nil {
			break
		}
	}
	r.evaluate()
	return r.failed, nil
}

// repl reads expressions and prints their values.
type repl struct {
	Options
	text   strings.Builder // lines of an expression that goes on
	failed bool
}

// longest is how long an expression of several lines may be, in bytes. Each line has
// all before it read again, which a bracket that nobody closes would make slow.
const longest = 64 << 10

// line takes one line, and reports whether it ends the console.
func (r *repl) line(line string) (ends bool) {
	if r.text.Len() == 0 && (strings.TrimSpace(line) == "exit" || strings.TrimSpace(line) == "quit") {
		return true
	}
	r.text.WriteString(line + "\n")
	if r.text.Len() > longest || !spec.Unfinished(r.text.String()) {
		r.evaluate()
	}
	return false
}

// evaluate evaluates what was read.
func (r *repl) evaluate() {
	text := strings.TrimSuffix(r.text.String(), "\n")
	r.text.Reset()
	if trimmed := strings.TrimSpace(text); trimmed == "" || strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "//") {
		return
	}
	if strings.Contains(text, "<<") { // the end of a heredoc is a whole line
		text += "\n"
	}
	result, diags := r.Configuration.Eval(text)
	if r.Diagnose(diags) != nil {
		r.failed = true
		return
	}
	if result.IsType {
		fmt.Fprintln(r.Out, render.Type(result.Value.Type()))
		return
	}
	fmt.Fprintln(r.Out, render.Value(result.Value))
}
