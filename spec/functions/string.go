package functions

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

func stringFunctions() map[string]function.Function {
	return map[string]function.Function{
		"basename":    ofStrings(func(s ...string) (string, error) { return filepath.Base(s[0]), nil }, "path"),
		"dirname":     ofStrings(func(s ...string) (string, error) { return filepath.Dir(s[0]), nil }, "path"),
		"endswith":    test(strings.HasSuffix, "str", "suffix"),
		"pathexpand":  ofStrings(pathExpand, "path"),
		"startswith":  test(strings.HasPrefix, "str", "prefix"),
		"strcontains": test(strings.Contains, "str", "substr"),
		"timecmp":     timeCompare(),
	}
}

// ofStrings returns a function of strings to a string, with a parameter for each
// name. cty answers for unknown and marked arguments.
func ofStrings(compute func(s ...string) (string, error), params ...string) function.Function {
	return function.New(&function.Spec{
		Params:       stringParams(params),
		Type:         function.StaticReturnType(cty.String),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s := make([]string, len(args))
			for i, a := range args {
				s[i] = a.AsString()
			}
			result, err := compute(s...)
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(result), nil
		},
	})
}

// test returns a function of two strings to a bool.
func test(holds func(s, part string) bool, params ...string) function.Function {
	return function.New(&function.Spec{
		Params:       stringParams(params),
		Type:         function.StaticReturnType(cty.Bool),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(holds(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

func stringParams(names []string) []function.Parameter {
	params := make([]function.Parameter, len(names))
	for i, name := range names {
		params[i] = function.Parameter{Name: name, Type: cty.String}
	}
	return params
}

func notNull(b *cty.RefinementBuilder) *cty.RefinementBuilder { return b.NotNull() }

// replace takes a substring between slashes as a regular expression.
func replace(s ...string) (string, error) {
	text, old, with := s[0], s[1], s[2]
	if len(old) < 2 || old[0] != '/' || old[len(old)-1] != '/' {
		return strings.ReplaceAll(text, old, with), nil
	}
	re, err := regexp.Compile(old[1 : len(old)-1])
	if err != nil {
		return "", function.NewArgError(1, err)
	}
	return re.ReplaceAllString(text, with), nil
}

func pathExpand(s ...string) (string, error) {
	if strings.HasPrefix(s[0], "~") {
		return "", errors.New("a home folder differs from machine to machine, and a plan must give the same everywhere; take the path from a variable")
	}
	return s[0], nil
}

func timeCompare() function.Function {
	return function.New(&function.Spec{
		Params:       stringParams([]string{"timestamp_a", "timestamp_b"}),
		Type:         function.StaticReturnType(cty.Number),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			a, err := timestamp(args, 0)
			if err != nil {
				return cty.NilVal, err
			}
			b, err := timestamp(args, 1)
			if err != nil {
				return cty.NilVal, err
			}
			return cty.NumberIntVal(int64(a.Compare(b))), nil
		},
	})
}

func timestamp(args []cty.Value, i int) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, args[i].AsString())
	if err != nil {
		return t, function.NewArgErrorf(i, "%q is no RFC 3339 timestamp, such as 2026-01-31T12:00:00Z", args[i].AsString())
	}
	return t, nil
}
