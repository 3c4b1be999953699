package functions

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// seen is a set of known values by their hash.
type seen map[int][]cty.Value

func (s seen) has(v cty.Value) bool {
	for _, other := range s[v.Hash()] {
		if other.RawEquals(v) {
			return true
		}
	}
	return false
}

// add reports whether v is new.
func (s seen) add(v cty.Value) bool {
	if s.has(v) {
		return false
	}
	s[v.Hash()] = append(s[v.Hash()], v)
	return true
}

// distinct is cty's, which compares every element with every other.
func distinct() function.Function {
	return function.New(&function.Spec{
		Params:       []function.Parameter{{Name: "list", Type: cty.List(cty.DynamicPseudoType)}},
		Type:         func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		RefineResult: notNull,
		Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(ty), nil
			}
			var all []cty.Value
			found := seen{}
			for _, v := range args[0].Elements() {
				if found.add(v) {
					all = append(all, v)
				}
			}
			if len(all) == 0 {
				return cty.ListValEmpty(ty.ElementType()), nil
			}
			return cty.ListVal(all), nil
		},
	})
}

// setProduct is cty's with tuples made lists, which it does in quadratic time.
func setProduct() function.Function {
	listed := func(args []cty.Value) []cty.Value {
		lists := make([]cty.Value, len(args))
		for i, v := range args {
			lists[i] = v
			if list, ok := collect(v, cty.List(cty.DynamicPseudoType)); ok {
				lists[i] = list
			}
		}
		return lists
	}
	sets := *stdlib.SetProductFunc.VarParam()
	return function.New(&function.Spec{
		VarParam: &sets,
		Type: func(args []cty.Value) (cty.Type, error) {
			return stdlib.SetProductFunc.ReturnTypeForValues(listed(args))
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if err := checkProduct(args); err != nil {
				return cty.NilVal, err
			}
			return stdlib.SetProductFunc.Call(listed(args))
		},
	})
}
