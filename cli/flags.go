package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// flags is a flag set as Terraform's users expect it: -flag and --flag, with "="
// or a space, before or after arguments. The standard flag package parses it;
// pflag would read -out as -o -u -t.
type flags struct {
	*flag.FlagSet
	noColor bool
	lenient bool              // of a command that does nothing: any flag will do
	later   map[string]string // flags whose work is not there yet
}

func newFlags(name string) *flags {
	fs := &flags{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), later: map[string]string{}}
	fs.SetOutput(io.Discard)
	fs.BoolVar(&fs.noColor, "no-color", false, "print without colour; NO_COLOR does the same")
	return fs
}

// parse gives the arguments that are no flags. "--" ends the flags.
func (f *flags) parse(args []string) ([]string, error) {
	if f.lenient {
		return args, nil
	}
	var rest []string
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			return nil, f.explain(err)
		}
		left := f.Args()
		if parsed := args[:len(args)-len(left)]; len(parsed) > 0 && parsed[len(parsed)-1] == "--" {
			return append(rest, left...), nil
		}
		if len(left) == 0 {
			break
		}
		rest, args = append(rest, left[0]), left[1:]
	}
	return rest, nil
}

// explain turns the flag package's words into advice.
func (f *flags) explain(err error) error {
	text := err.Error()
	name, unknown := strings.CutPrefix(text, "flag provided but not defined: -")
	if !unknown {
		return failure("Wrong flag", headline(err)+".")
	}
	var names []string
	f.VisitAll(func(fl *flag.Flag) { names = append(names, fl.Name) })
	advice := fmt.Sprintf(`"retainctl %s -help" lists the flags.`, f.Name())
	if near := nearest(name, names); near != "" {
		advice = fmt.Sprintf("Did you mean -%s?", near)
	}
	return failure("Unknown flag", fmt.Sprintf("%q has no flag -%s. %s", f.Name(), name, advice))
}

// notYet declares a flag of the contract whose work is not there yet: using it is
// an error, never silence.
func (f *flags) notYet(name, usage string, isBool bool) {
	f.Var(notYetValue{name, isBool}, name, usage+" (not in this version)")
}

type notYetValue struct {
	name   string
	isBool bool
}

func (v notYetValue) String() string   { return "" }
func (v notYetValue) IsBoolFlag() bool { return v.isBool }
func (v notYetValue) Set(string) error {
	return errors.New("planned, but not in this version of retainctl; run without it")
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

// placeholder writes a flag's argument: choices as they are typed, anything else
// in capitals.
func placeholder(arg string) string {
	if strings.Contains(arg, "|") {
		return arg
	}
	return strings.ToUpper(arg)
}

// help lists the flags as they are typed.
func (f *flags) help() string {
	var b strings.Builder
	b.WriteString("\nFlags:\n")
	f.VisitAll(func(fl *flag.Flag) {
		arg, usage := flag.UnquoteUsage(fl)
		if arg != "" {
			arg = "=" + placeholder(arg)
		}
		fmt.Fprintf(&b, "  -%-28s %s\n", fl.Name+arg, usage)
	})
	return b.String()
}
