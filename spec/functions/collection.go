package functions

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func collectionFunctions() map[string]function.Function {
	return map[string]function.Function{
		"alltrue":   foldBools(true),
		"anytrue":   foldBools(false),
		"coalesce":  coalesce(),
		"distinct":  distinct(),
		"index":     indexOf(),
		"length":    length(),
		"lookup":    lookup(),
		"matchkeys": matchKeys(),
		"one":       one(),
		"sum":       sum(),
		"transpose": transpose(),
	}
}

// anyValue returns a parameter that accepts known values of any type.
func anyValue(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType}
}

func isSequence(ty cty.Type) bool {
	return ty.IsListType() || ty.IsSetType() || ty.IsTupleType()
}

// foldBools returns alltrue (initial is true) or anytrue (initial is false): the result is
// initial, unless an element is known to be its opposite.
func foldBools(initial bool) function.Function {
	return function.New(&function.Spec{
		Params:       []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:         function.StaticReturnType(cty.Bool),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			known := true
			for _, v := range args[0].Elements() {
				switch {
				case !v.IsKnown():
					known = false
				case (!v.IsNull() && v.True()) != initial: // null counts as false
					return cty.BoolVal(!initial), nil
				}
			}
			if !known {
				return cty.UnknownVal(cty.Bool), nil
			}
			return cty.BoolVal(initial), nil
		},
	})
}

// coalesce skips empty strings as well as null; cty's skips only null.
func coalesce() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{
			Name: "vals", Type: cty.DynamicPseudoType,
			AllowNull: true, AllowUnknown: true, AllowDynamicType: true,
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			ty, _ := convert.UnifyUnsafe(distinctTypes(args))
			if ty == cty.NilType {
				return ty, errors.New("all arguments must have the same type")
			}
			return ty, nil
		},
		RefineResult: notNull,
		Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
			for _, v := range args {
				v, err := convert.Convert(v, ty)
				switch {
				case err != nil:
					return cty.NilVal, err
				case !v.IsKnown():
					return cty.UnknownVal(ty), nil
				case v.IsNull() || v.RawEquals(cty.StringVal("")):
					continue
				}
				return v, nil
			}
			return cty.NilVal, errors.New("no non-null, non-empty-string arguments")
		},
	})
}

func indexOf() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anyValue("list"), anyValue("value")},
		Type: func(args []cty.Value) (cty.Type, error) {
			if ty := args[0].Type(); !ty.IsListType() && !ty.IsTupleType() {
				return cty.NilType, errors.New("argument must be a list or tuple")
			}
			return cty.Number, nil
		},
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if args[0].LengthInt() == 0 {
				return cty.NilVal, errors.New("cannot search an empty list")
			}
			for i, v := range args[0].Elements() {
				same, err := stdlib.Equal(v, args[1])
				switch {
				case err != nil:
					return cty.NilVal, err
				case !same.IsKnown():
					return cty.UnknownVal(cty.Number), nil
				case same.True():
					return i, nil
				}
			}
			return cty.NilVal, errors.New("item not found")
		},
	})
}

// length accepts marked elements: their number is not secret, unless the collection itself is
// marked.
func length() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{
			Name: "value", Type: cty.DynamicPseudoType,
			AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
		}},
		Type: func(args []cty.Value) (cty.Type, error) {
			ty := args[0].Type()
			if ty == cty.String || ty == cty.DynamicPseudoType ||
				ty.IsCollectionType() || ty.IsTupleType() || ty.IsObjectType() {
				return cty.Number, nil
			}
			return cty.NilType, errors.New("argument must be a string, a collection type, or a structural type")
		},
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, marks := args[0].Unmark()
			n, err := lengthOf(v)
			if err != nil {
				return cty.NilVal, err
			}
			return n.WithMarks(marks), nil
		},
	})
}

func lengthOf(v cty.Value) (cty.Value, error) {
	switch ty := v.Type(); {
	case ty.IsTupleType():
		return cty.NumberIntVal(int64(ty.Length())), nil
	case ty.IsObjectType():
		return cty.NumberIntVal(int64(len(ty.AttributeTypes()))), nil
	case ty == cty.String:
		return stdlib.Strlen(v)
	case ty == cty.DynamicPseudoType:
		return cty.UnknownVal(cty.Number), nil
	}
	return v.Length(), nil
}

func one() function.Function {
	const want = "must be a list, set, or tuple value with either zero or one elements"
	return function.New(&function.Spec{
		Params: []function.Parameter{anyValue("list")},
		Type: func(args []cty.Value) (cty.Type, error) {
			switch ty := args[0].Type(); {
			case ty.IsListType() || ty.IsSetType():
				return ty.ElementType(), nil
			case ty.IsTupleType() && ty.Length() == 0:
				return cty.DynamicPseudoType, nil
			case ty.IsTupleType() && ty.Length() == 1:
				return ty.TupleElementType(0), nil
			}
			return cty.NilType, function.NewArgErrorf(0, want)
		},
		Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
			if n := args[0].LengthInt(); n > 1 {
				return cty.NilVal, function.NewArgErrorf(0, want)
			}
			for _, v := range args[0].Elements() {
				return v, nil
			}
			return cty.NullVal(ty), nil
		},
	})
}

func sum() function.Function {
	return function.New(&function.Spec{
		Params:       []function.Parameter{anyValue("list")},
		Type:         function.StaticReturnType(cty.Number),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			ty := args[0].Type()
			switch {
			case !args[0].CanIterateElements():
				return cty.NilVal, function.NewArgErrorf(0, "cannot sum noniterable")
			case !isSequence(ty):
				return cty.NilVal, function.NewArgErrorf(0, "argument must be list, set, or tuple. Received %s", ty.FriendlyName())
			case !args[0].IsWhollyKnown():
				return cty.UnknownVal(cty.Number), nil
			case args[0].LengthInt() == 0:
				return cty.NilVal, function.NewArgErrorf(0, "cannot sum an empty list")
			}
			return addAll(args[0])
		},
	})
}

func addAll(list cty.Value) (cty.Value, error) {
	total := cty.Zero
	for _, v := range list.Elements() {
		n, err := convert.Convert(v, cty.Number)
		if err != nil || n.IsNull() {
			return cty.NilVal, function.NewArgErrorf(0, "argument must be list, set, or tuple of number values")
		}
		if n.AsBigFloat().IsInf() {
			return cty.NilVal, function.NewArgErrorf(0, "cannot sum infinity")
		}
		total = total.Add(n)
	}
	return total, nil
}

func transpose() function.Function {
	ty := cty.Map(cty.List(cty.String))
	return function.New(&function.Spec{
		Params:       []function.Parameter{{Name: "values", Type: ty}},
		Type:         function.StaticReturnType(ty),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(ty), nil
			}
			swapped := map[string][]cty.Value{}
			for key, list := range args[0].Elements() {
				if list.IsNull() {
					return cty.NilVal, errors.New("input must not contain a null list")
				}
				for _, v := range list.Elements() {
					if v.IsNull() {
						return cty.NilVal, errors.New("input list must not contain null string")
					}
					swapped[v.AsString()] = append(swapped[v.AsString()], key)
				}
			}
			return mapOfLists(swapped), nil
		},
	})
}

func mapOfLists(m map[string][]cty.Value) cty.Value {
	if len(m) == 0 {
		return cty.MapValEmpty(cty.List(cty.String))
	}
	lists := make(map[string]cty.Value, len(m))
	for key, list := range m {
		lists[key] = cty.ListVal(list)
	}
	return cty.MapVal(lists)
}
