package functions

import (
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// maxRange is the largest number of values of range and setproduct. It is far above Terraform's
// 1,024, since a fleet has more devices than that, and only keeps a mistyped bound from filling
// the memory.
const maxRange = 1_000_000

func rangeFunction() function.Function {
	return function.New(&function.Spec{
		VarParam:     &function.Parameter{Name: "params", Type: cty.Number},
		Type:         function.StaticReturnType(cty.List(cty.Number)),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			start, end, step, err := rangeBounds(args)
			if err != nil {
				return cty.NilVal, err
			}
			return numbers(start, end, step)
		},
	})
}

// rangeBounds returns the arguments with the defaults of those that are missing: start is 0, and
// step is 1 or -1, in the direction of end.
func rangeBounds(args []cty.Value) (start, end, step cty.Value, err error) {
	step = cty.NumberIntVal(1)
	switch len(args) {
	case 1:
		start, end = cty.Zero, args[0]
	case 2, 3:
		start, end = args[0], args[1]
	default:
		return start, end, step, errors.New("must have one, two, or three arguments")
	}
	down := end.LessThan(start).True()
	switch {
	case len(args) < 3 && down:
		step = step.Negate()
	case len(args) < 3:
	default:
		step = args[2]
		err = checkStep(step, down, start.Equals(end).True())
	}
	return start, end, step, err
}

func checkStep(step cty.Value, down, empty bool) error {
	switch sign := step.AsBigFloat().Sign(); {
	case sign == 0:
		return function.NewArgErrorf(2, "step must not be zero")
	case sign < 0 && !down && !empty:
		return function.NewArgErrorf(1, "end must be less than start when step is negative")
	case sign > 0 && down:
		return function.NewArgErrorf(1, "end must be greater than start when step is positive")
	}
	return nil
}

func numbers(start, end, step cty.Value) (cty.Value, error) {
	before := cty.Value.LessThan
	if step.AsBigFloat().Sign() < 0 {
		before = cty.Value.GreaterThan
	}
	var all []cty.Value
	for n := start; before(n, end).True(); n = n.Add(step) {
		if len(all) == maxRange {
			return cty.NilVal, fmt.Errorf(
				"more than %d values were generated; bring start and end closer together or use a larger step", maxRange)
		}
		all = append(all, n)
	}
	if len(all) == 0 {
		return cty.ListValEmpty(cty.Number), nil
	}
	return cty.ListVal(all), nil
}
