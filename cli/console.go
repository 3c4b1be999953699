package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
)

func consoleCommand() command {
	return command{
		name: "console", brief: "evaluate expressions over the configuration",
		about: `Evaluates expressions in the root module: var, local, message, broker, module and path, and all functions; type(...) gives the type of a value. An expression goes on in the next line while a bracket or a heredoc is open. "exit" and Ctrl-D end it.

On a terminal, Tab completes names and functions, and the lines are kept in .retainctl/console_history for the arrow keys; -history=false keeps none. Otherwise every line of standard input is an expression.

It asks no broker, reads no state and takes no lock.

Exit status: 0 done, 1 where an expression or the configuration has an error.`,
		define: func(fs *flags) runFunc {
			var f inputFlags
			f.defineVars(fs)
			history := fs.Bool("history", true, "keep the lines typed in .retainctl/console_history")
			return func(_ context.Context, s *session, args []string) (int, error) {
				if err := none(args); err != nil {
					return 0, err
				}
				return s.console(&f, *history)
			}
		},
	}
}

func (s *session) console(f *inputFlags, history bool) (int, error) {
	console, files, diags := spec.OpenConsole(s.Dir, s.inputs(f, false, nil))
	diags = slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool { return d.Severity == hcl.DiagWarning }) // a plan says them
	failed := s.diagnose(files, diags) != nil
	if console == nil {
		return 0, errReported
	}
	defer console.Close()
	if failed {
		s.diagnose(nil, hcl.Diagnostics{{
			Severity: hcl.DiagWarning, Summary: "Some values are not known",
			Detail: "Because of the errors above, some expressions cannot be evaluated.",
		}})
	}
	r := repl{s: s, console: console, failed: failed}
	if s.StdinTTY && s.StdoutTTY {
		return r.terminal(history)
	}
	return r.pipe(s.Stdin)
}

// repl reads expressions and prints their values.
type repl struct {
	s       *session
	console *spec.Console
	text    strings.Builder // lines of an expression that goes on
	failed  bool
}

// pipe evaluates the lines of a stream.
func (r *repl) pipe(from io.Reader) (int, error) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("read standard input: %w", err)
		}
		if r.line(strings.TrimRight(line, "\r\n")) || err != nil {
			break
		}
	}
	r.evaluate()
	return r.exit(), nil
}

func (r *repl) exit() int {
	if r.failed {
		return exitError
	}
	return exitDone
}

// longest is how long an expression of several lines may be, in bytes. Each line has
// all before it read again, which a bracket that nobody closes would make slow.
const longest = 64 << 10

// line takes one line, and tells whether it ends the console.
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
	result, diags := r.console.Eval(text)
	if r.s.diagnose(nil, diags) != nil {
		r.failed = true
		return
	}
	if result.IsType {
		fmt.Fprintln(r.s.Stdout, render.Type(result.Value.Type()))
		return
	}
	fmt.Fprintln(r.s.Stdout, render.Value(result.Value))
}
