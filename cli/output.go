package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/render"
)

func outputCommand() command {
	return command{
		name: "output", args: "[NAME]", brief: "print the outputs of the configuration",
		about: `Prints the values of the root module's output blocks, or that of one. Outputs are not kept in the ` +
			`state: they are evaluated from the configuration, so no broker is contacted and nothing is locked. ` +
			`Variables that only broker blocks use may be unset.

A sensitive value is printed if its output is named, and with -json.`,
		define: func(fs *flags) runFunc {
			var f inputFlags
			f.defineVars(fs)
			asJSON := fs.Bool("json", false, "print JSON: all outputs with their types, or the value of one")
			raw := fs.Bool("raw", false,
				"print the string, number or boolean of one output as it is, without a line break")
			fs.refuse("state",
				"outputs are evaluated from the configuration, not kept in the state. Omit -state.", false)
			return func(ctx context.Context, s *session, args []string) (int, error) {
				switch {
				case len(args) > 1:
					return 0, failure("Too many arguments", "output takes the name of one output at most.")
				case *asJSON && *raw:
					return 0, failure("Two formats", "-json and -raw cannot be combined.")
				case *raw && len(args) == 0:
					return 0, failure("Which output?",
						"-raw prints the value of one output: retainctl output -raw NAME.")
				}
				outputs, err := evaluateOutputs(ctx, s, &f)
				if err != nil {
					return 0, err
				}
				if len(args) == 0 {
					return exitDone, printOutputs(s, outputs, *asJSON)
				}
				return exitDone, printOutput(s, outputs, args[0], *asJSON, *raw)
			}
		},
	}
}

// evaluateOutputs evaluates the configuration, and returns its outputs.
func evaluateOutputs(ctx context.Context, s *session, f *inputFlags) ([]render.Output, error) {
	config, err := configuration(ctx, s, f, false, nil)
	if err != nil {
		return nil, err
	}
	return outputsOf(config), nil
}

func printOutputs(s *session, outputs []render.Output, asJSON bool) error {
	switch {
	case asJSON:
		return render.OutputsJSON(s.Stdout, outputs)
	case len(outputs) == 0:
		return s.diagnose(nil, hcl.Diagnostics{{
			Severity: hcl.DiagWarning, Summary: "No outputs found",
			Detail: "The configuration has no output blocks in its root module. To print a value of a module, " +
				"declare an output in the root module: output \"NAME\" { value = module.M.OUTPUT }.",
		}})
	}
	return render.Outputs(s.Stdout, outputs)
}

func printOutput(s *session, outputs []render.Output, name string, asJSON, raw bool) error {
	i := slices.IndexFunc(outputs, func(o render.Output) bool { return o.Name == name })
	if i < 0 {
		return noOutput(outputs, name)
	}
	o := outputs[i]
	switch {
	case asJSON:
		return o.JSON(s.Stdout)
	case raw:
		text, err := o.Raw()
		if err != nil {
			return failure("No plain value", headline(err)+".")
		}
		_, err = io.WriteString(s.Stdout, text)
		return err
	}
	_, err := fmt.Fprintln(s.Stdout, render.Value(o.Value))
	return err
}

func noOutput(outputs []render.Output, name string) error {
	var names []string
	for _, o := range outputs {
		names = append(names, o.Name)
	}
	advice := "Its root module has no output blocks."
	if near := nearest(name, names); near != "" {
		advice = fmt.Sprintf("Did you mean %q?", near)
	} else if len(names) > 0 {
		advice = "\"retainctl output\" prints all of them."
	}
	return failure(fmt.Sprintf("Output %q not found", name), fmt.Sprintf(
		"The configuration has no output %q in its root module. %s", name, advice))
}
