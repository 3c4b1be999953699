package functions

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/retainctl/retainctl/spec/bounds"
)

// sizedFunctions returns the functions whose result may be far larger than their arguments.
func sizedFunctions() map[string]function.Function {
	return map[string]function.Function{
		"format":     limitSize(stdlib.FormatFunc, func(args []cty.Value) int { return widths(args[0]) }),
		"formatlist": limitSize(stdlib.FormatListFunc, formatListSize),
		"indent":     limitSize(stdlib.IndentFunc, indentSize),
		"join":       limitSize(stdlib.JoinFunc, joinSize),
		"replace":    limitSize(stringFunction(replace, "str", "substr", "replace"), replaceSize),
	}
}

// limitSize returns f with an error for results longer than bounds.MaxText, before f fills the
// memory with them. They allocate their result at once, and Go ends the process if the system refuses
// that, before anything could watch it. size returns the length of the result in bytes, or more.
func limitSize(f function.Function, size func(args []cty.Value) int) function.Function {
	return function.New(&function.Spec{
		Params:   f.Params(),
		VarParam: f.VarParam(),
		Type:     f.ReturnTypeForValues,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if n := size(args); n > bounds.MaxText {
				return cty.NilVal, bounds.ErrText
			}
			return f.Call(args)
		},
	})
}

// clamped returns v as an int between 0 and bounds.MaxText+1, so that the products below do not overflow.
func clamped(v cty.Value) int {
	n, _ := v.AsBigFloat().Int64()
	return int(min(max(n, 0), bounds.MaxText+1))
}

func indentSize(args []cty.Value) int {
	text := args[1].AsString()
	return len(text) + max(1, strings.Count(text, "\n"))*clamped(args[0])
}

func joinSize(args []cty.Value) int {
	separator, size := len(args[0].AsString()), 0
	for _, list := range args[1:] {
		for it := list.ElementIterator(); it.Next() && size <= bounds.MaxText; {
			size += separator
			if _, v := it.Element(); v.IsKnown() && !v.IsNull() {
				size += len(v.AsString())
			}
		}
	}
	return size
}

// replaceSize counts every byte as a match if the substring is a regular expression; "$1" in the
// replacement is at most as long as the text.
func replaceSize(args []cty.Value) int {
	text, old, with := args[0].AsString(), args[1].AsString(), args[2].AsString()
	if len(old) >= 2 && old[0] == '/' && old[len(old)-1] == '/' {
		return (len(text) + 1) * (len(with) + 1)
	}
	return len(text) + strings.Count(text, old)*max(0, len(with)-len(old))
}

var (
	verb   = regexp.MustCompile(`%%|%[^%a-zA-Z]*`)
	digits = regexp.MustCompile(`[0-9]+`)
)

// widths returns the sum of the widths and precisions of a format.
func widths(format cty.Value) int {
	sum := 0
	for _, v := range verb.FindAllString(format.AsString(), -1) {
		for _, width := range digits.FindAllString(v, -1) {
			n, err := strconv.Atoi(width)
			if err != nil {
				n = bounds.MaxText + 1
			}
			sum = min(sum+n, bounds.MaxText+1)
		}
	}
	return sum
}

func formatListSize(args []cty.Value) int {
	longest, size := 1, 0
	for _, arg := range args {
		if arg.CanIterateElements() {
			longest = max(longest, arg.LengthInt())
		}
	}
	if args[0].Type() == cty.String {
		size = widths(args[0])
	}
	return longest * size
}

// checkProduct returns an error if the sets have too many combinations. With an empty set there are none.
func checkProduct(sets []cty.Value) error {
	n := 1
	for _, set := range sets {
		set, _ := set.Unmark()
		if !set.IsKnown() || set.IsNull() || set.LengthInt() == 0 {
			return nil
		}
		n = min(n*set.LengthInt(), maxRange+1)
	}
	if n > maxRange {
		return fmt.Errorf("the sets have more than %d combinations", maxRange)
	}
	return nil
}
