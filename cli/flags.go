package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// flags is a flag set as Terraform's users expect it: -flag and --flag, with "="
// or a space, before or after arguments. The standard flag package parses it;
// pflag would read -out as -o -u -t.
type flags struct {
	*flag.FlagSet
	noColor bool
	lenient bool  // takes any flag, for commands that ignore flags
	refused error // why a flag of another command was refused
}

func newFlags(name string) *flags {
	fs := &flags{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError)}
	fs.SetOutput(io.Discard)
	fs.BoolVar(&fs.noColor, "no-color", false, "print without colour; NO_COLOR does the same")
	return fs
}

// parse returns the arguments that are not flags. "--" ends the flags.
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

// explain turns an error of the flag package into advice.
func (f *flags) explain(err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	switch {
	case f.refused != nil:
		return f.refused
	case !unknown:
		return failure("Wrong flag", headline(err)+".")
	case name == "chdir":
		return failure("Flag in the wrong place", "-chdir comes before the command: retainctl -chdir=DIR "+f.Name()+".")
	}
	var names []string
	f.VisitAll(func(fl *flag.Flag) { names = append(names, fl.Name) })
	advice := fmt.Sprintf(`"retainctl %s -help" lists the flags.`, f.Name())
	if near := nearest(name, names); near != "" {
		advice = fmt.Sprintf("Did you mean -%s?", near)
	}
	return failure("Unknown flag", fmt.Sprintf("%q has no flag -%s. %s", f.Name(), name, advice))
}

// refusedFlag is a flag that is always refused, with a reason. Help texts do not show it.
type refusedFlag struct {
	flags  *flags
	why    error
	isBool bool
}

func (v refusedFlag) String() string   { return "" }
func (v refusedFlag) IsBoolFlag() bool { return v.isBool }
func (v refusedFlag) Set(string) error { v.flags.refused = v.why; return v.why }

// refuse declares a flag of another command, with what to do instead. "Unknown flag" would mislead
// those who know it from there.
func (f *flags) refuse(name, advice string, isBool bool) {
	why := failure("Flag of another command", strings.ToUpper(advice[:1])+advice[1:])
	f.Var(refusedFlag{flags: f, why: why, isBool: isBool}, name, "")
}

// natural declares a flag whose value is a whole number, 0 or more.
func (f *flags) natural(to *int, name, usage string) {
	f.Func(name, usage, func(v string) (err error) {
		if *to, err = strconv.Atoi(v); err != nil || *to < 0 {
			return errors.New("write a whole number, 0 or more")
		}
		return nil
	})
}

// duration declares a flag whose value is a duration, 0 or more.
func (f *flags) duration(to *time.Duration, name, usage string) {
	f.Func(name, usage, func(v string) (err error) {
		if *to, err = time.ParseDuration(v); err != nil || *to < 0 {
			return errors.New("write a number with its unit, such as 30s or 5m")
		}
		return nil
	})
}

// list collects the values of a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }
