package functions

import (
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// lookup is cty's with an optional default.
func lookup() function.Function {
	marked := func(name string, ty cty.Type) function.Parameter {
		return function.Parameter{Name: name, Type: ty, AllowMarked: true}
	}
	fallback := marked("default", cty.DynamicPseudoType)
	fallback.AllowNull, fallback.AllowUnknown, fallback.AllowDynamicType = true, true, true
	return function.New(&function.Spec{
		Params:   []function.Parameter{marked("inputMap", cty.DynamicPseudoType), marked("key", cty.String)},
		VarParam: &fallback,
		Type:     lookupType,
		Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
			m, mapMarks := args[0].Unmark()
			key, keyMarks := args[1].Unmark()
			found, err := lookupValue(m, key, args[2:], ty)
			if err != nil {
				return cty.NilVal, err
			}
			return found.WithMarks(mapMarks, keyMarks), nil
		},
	})
}

func lookupType(args []cty.Value) (cty.Type, error) {
	if len(args) > 3 {
		return cty.NilType, fmt.Errorf("lookup() takes two or three arguments, got %d", len(args))
	}
	switch ty := args[0].Type(); {
	case ty.IsMapType():
		if len(args) == 3 {
			if _, err := convert.Convert(args[2], ty.ElementType()); err != nil {
				return cty.NilType, function.NewArgErrorf(2,
					"the default value must have the same type as the map elements")
			}
		}
		return ty.ElementType(), nil
	case !ty.IsObjectType():
		return cty.NilType, function.NewArgErrorf(0, "lookup() requires a map as the first argument")
	case !args[1].IsKnown():
		return cty.DynamicPseudoType, nil
	default:
		key, _ := args[1].Unmark()
		if name := key.AsString(); ty.HasAttribute(name) {
			return ty.AttributeType(name), nil
		} else if len(args) < 3 {
			return cty.NilType, function.NewArgErrorf(0, "the given object has no attribute %q", name)
		}
		return args[2].Type(), nil
	}
}

func lookupValue(m, key cty.Value, fallback []cty.Value, ty cty.Type) (cty.Value, error) {
	if !m.IsKnown() || !key.IsKnown() {
		return cty.UnknownVal(ty), nil
	}
	if m.Type().IsObjectType() {
		if name := key.AsString(); m.Type().HasAttribute(name) {
			return m.GetAttr(name), nil
		}
	} else if m.HasIndex(key).True() {
		return m.Index(key), nil
	}
	if len(fallback) == 0 {
		return cty.NilVal, fmt.Errorf("lookup failed to find key %q", key.AsString())
	}
	return convert.Convert(fallback[0], ty)
}

func matchKeys() function.Function {
	anyList := cty.List(cty.DynamicPseudoType)
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "values", Type: anyList}, {Name: "keys", Type: anyList}, {Name: "searchset", Type: anyList},
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			if ty, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()}); ty == cty.NilType {
				return ty, errors.New("keys and searchset must be of the same type")
			}
			return args[0].Type(), nil
		},
		RefineResult: notNull,
		Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
			if !args[1].IsWhollyKnown() || !args[2].IsWhollyKnown() || !args[0].IsKnown() {
				return cty.UnknownVal(ty), nil
			}
			if args[0].LengthInt() != args[1].LengthInt() {
				return cty.NilVal, errors.New("length of keys and values should be equal")
			}
			return matching(args[0].AsValueSlice(), args[1], args[2], ty)
		},
	})
}

// matching returns the values whose keys are among wanted.
func matching(values []cty.Value, keys, wanted cty.Value, ty cty.Type) (cty.Value, error) {
	common, _ := convert.UnifyUnsafe([]cty.Type{keys.Type(), wanted.Type()})
	keys, err := convert.Convert(keys, common)
	if err != nil {
		return cty.NilVal, err
	}
	if wanted, err = convert.Convert(wanted, common); err != nil {
		return cty.NilVal, err
	}
	var found []cty.Value
	searched := valueSet{}
	for _, key := range wanted.AsValueSlice() {
		searched.add(key)
	}
	for i, key := range keys.AsValueSlice() {
		if searched.has(key) {
			found = append(found, values[i])
		}
	}
	if len(found) == 0 {
		return cty.ListValEmpty(ty.ElementType()), nil
	}
	return cty.ListVal(found), nil
}
