package functions

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/retainctl/retainctl/spec/sensitive"
)

func markFunctions() map[string]function.Function {
	return map[string]function.Function{
		"issensitive":  isSensitiveFunction(),
		"nonsensitive": changeMark(func(v cty.Value) cty.Value { v, _ = v.Unmark(); return v }),
		"sensitive":    changeMark(func(v cty.Value) cty.Value { return v.Mark(sensitive.Mark) }),
	}
}

// markedValue returns the parameter of a function that accepts every value with its marks.
func markedValue() []function.Parameter {
	return []function.Parameter{{
		Name: "value", Type: cty.DynamicPseudoType,
		AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
	}}
}

func changeMark(change func(cty.Value) cty.Value) function.Function {
	return function.New(&function.Spec{
		Params: markedValue(),
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return change(args[0]), nil },
	})
}

// isSensitiveFunction looks only at the mark of the value itself, not at values within it, as
// Terraform does: an object with a sensitive attribute is not sensitive.
func isSensitiveFunction() function.Function {
	return function.New(&function.Spec{
		Params: markedValue(),
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			switch v := args[0]; {
			case v.IsMarked():
				return cty.True, nil
			case !v.IsKnown():
				return cty.UnknownVal(cty.Bool), nil
			}
			return cty.False, nil
		},
	})
}
