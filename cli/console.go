package cli

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/cli/console"
	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/spec"
)

func consoleCommand() command {
	return command{
		name: "console", brief: "evaluate expressions over the configuration",
		about: `Evaluates expressions in the root module: var, local, message, broker, module and path, and all ` +
			`functions; type(...) returns the type of a value. An expression continues on the next line while a ` +
			`bracket or a heredoc is open. "exit" and Ctrl-D end it.

On a terminal, Tab completes names and functions, and the lines are kept in .retainctl/console_history for the arrow ` +
			`keys; -history=false keeps none. Otherwise every line of standard input is an expression.

It contacts no broker, reads no state and takes no lock.

Exit status: 0 done, 1 if an expression or the configuration has an error.`,
		define: func(fs *flags) runFunc {
			var f inputFlags
			f.defineVars(fs)
			history := fs.Bool("history", true, "keep the lines typed in .retainctl/console_history")
			return func(ctx context.Context, s *session, args []string) (int, error) {
				if err := noArguments(args); err != nil {
					return 0, err
				}
				return runConsole(ctx, s, &f, *history)
			}
		},
	}
}

func runConsole(ctx context.Context, s *session, f *inputFlags, history bool) (int, error) {
	w, err := newWatchdog(ctx, s)
	if err != nil {
		return 0, err
	}
	defer w.end(nil)
	in := f.inputs(s, false, nil)
	in.Work = w.work
	e, err := watched(w, func() (e opened) {
		e.console, e.files, e.diags = spec.OpenConsole(s.Dir, in)
		return e
	})
	if err != nil {
		return 0, reportExcess(s, err)
	}
	// A plan prints the warnings.
	diags := slices.DeleteFunc(e.diags, func(d *hcl.Diagnostic) bool { return d.Severity == hcl.DiagWarning })
	incomplete := s.diagnose(e.files, diags) != nil
	if e.console == nil {
		return 0, errReported
	}
	defer e.console.Close()
	if incomplete {
		s.warn("Some values are not known", "Because of the errors above, some expressions cannot be evaluated.")
	}
	o := console.Options{
		Configuration: e.console, Eval: boundedEval(s, w, e.console), In: s.Stdin, Out: s.Stdout, Width: s.Width,
		Diagnose: func(diags hcl.Diagnostics) error { return s.diagnose(nil, diags) },
	}
	if s.StdinTTY && s.StdoutTTY {
		if history {
			kept := folder.Fixed(s.Dir, filepath.Join(".retainctl", "console_history"))
			o.History = &kept
		}
		return exitDone, console.Terminal(o)
	}
	failed, err := console.Pipe(o)
	if err == nil && (failed || incomplete) {
		return exitError, nil
	}
	return exitDone, err
}

// opened is the result of spec.OpenConsole.
type opened struct {
	console *spec.Console
	files   map[string]*hcl.File
	diags   hcl.Diagnostics
}

// boundedEval returns the console's Eval with the bounds of an evaluation for each expression.
func boundedEval(s *session, w *watchdog, c *spec.Console) func(string) (spec.Evaluated, hcl.Diagnostics, error) {
	type result struct {
		spec.Evaluated
		diags hcl.Diagnostics
	}
	return func(src string) (spec.Evaluated, hcl.Diagnostics, error) {
		r, err := watched(w, func() (r result) {
			r.Evaluated, r.diags = c.Eval(src)
			return r
		})
		return r.Evaluated, r.diags, reportExcess(s, err)
	}
}

// reportExcess prints the error of an evaluation that exceeded a bound, and returns errReported then.
// It returns any other error as it is.
func reportExcess(s *session, err error) error {
	var over *excess
	if errors.As(err, &over) {
		return s.diagnose(nil, hcl.Diagnostics{over.at})
	}
	return err
}
