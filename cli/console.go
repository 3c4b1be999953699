package cli

import (
	"context"
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
			return func(_ context.Context, s *session, args []string) (int, error) {
				if err := noArguments(args); err != nil {
					return 0, err
				}
				return runConsole(s, &f, *history)
			}
		},
	}
}

func runConsole(s *session, f *inputFlags, history bool) (int, error) {
	configuration, files, diags := spec.OpenConsole(s.Dir, f.inputs(s, false, nil))
	// A plan prints the warnings.
	diags = slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool { return d.Severity == hcl.DiagWarning })
	incomplete := s.diagnose(files, diags) != nil
	if configuration == nil {
		return 0, errReported
	}
	defer configuration.Close()
	if incomplete {
		s.warn("Some values are not known", "Because of the errors above, some expressions cannot be evaluated.")
	}
	o := console.Options{
		Configuration: configuration, In: s.Stdin, Out: s.Stdout, Width: s.Width,
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
