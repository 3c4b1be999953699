// Package console evaluates expressions that are typed on a terminal or read from a stream, and
// prints their values. An expression continues on the next line while a bracket or a heredoc is
// open.
package console

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
)

// Options are the configuration to evaluate expressions in, and the streams to use.
type Options struct {
	Configuration *spec.Console
	// Eval evaluates an expression as Configuration does, within bounds. After an error, which has been
	// reported, nothing else can be evaluated.
	Eval    func(src string) (spec.Evaluated, hcl.Diagnostics, error)
	In      io.Reader
	Out     io.Writer
	Width   int          // of the terminal, in columns; 0 if it is not known
	History *folder.File // keeps the lines typed on a terminal; nil keeps none
	// Diagnose prints the diagnostics of an expression. It returns an error if one of them is an
	// error.
	Diagnose func(hcl.Diagnostics) error
}

// Pipe evaluates the lines of a stream, and reports whether an expression failed. The error is that
// of reading the stream, or of Eval.
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
	return r.failed, r.err
}

// repl reads expressions and prints their values.
type repl struct {
	Options
	text   strings.Builder // the lines of an unfinished expression
	failed bool
	err    error // of Eval, which ends the console
}

// maxExpression is the longest expression of several lines, in bytes. Every new line is parsed with
// all lines before it, which would become slow after a bracket that is never closed.
const maxExpression = 64 << 10

// line processes one line, and reports whether it ends the console.
func (r *repl) line(line string) (ends bool) {
	if r.text.Len() == 0 && (strings.TrimSpace(line) == "exit" || strings.TrimSpace(line) == "quit") {
		return true
	}
	r.text.WriteString(line + "\n")
	if r.text.Len() > maxExpression || !spec.Unfinished(r.text.String()) {
		r.evaluate()
	}
	return r.err != nil
}

// evaluate evaluates the expression read so far, and prints its value.
func (r *repl) evaluate() {
	text := strings.TrimSuffix(r.text.String(), "\n")
	r.text.Reset()
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "//") {
		return
	}
	if strings.Contains(text, "<<") { // the last line of a heredoc needs its line break
		text += "\n"
	}
	result, diags, err := r.Eval(text)
	if err != nil {
		r.err = err
		return
	}
	if r.Diagnose(diags) != nil {
		r.failed = true
		return
	}
	if result.IsType {
		fmt.Fprintln(r.Out, render.TypeOf(result.Value))
		return
	}
	fmt.Fprintln(r.Out, render.Value(result.Value))
}
