package functions

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/retainctl/retainctl/spec/sensitive"
)

func markFunctions() map[string]function.Function {
	return map[string]function.Function{
		"issensitive":  isSensitiveFunction(),
		"nonsensitive": remark(func(v cty.Value) cty.Value { v, _ = v.Unmark(); return v }),
		"sensitive":    remark(func(v cty.Value) cty.Value { return v.Mark(sensitive.Mark) }),
	}
}

func markedValue() []function.Parameter {
	return []function.Parameter{{
		Name: "value", Type: cty.DynamicPseudoType,
		AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
	}}
}

func remark(change func(cty.Value) cty.Value) function.Function {
	return function.New(&function.Spec{
		Params: markedValue(),
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return change(args[0]), nil },
	})
}

// isSensitiveFunction asks the value alone, not what is within it, as in
// Terraform: an object with one sensitive attribute is not sensitive.
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
