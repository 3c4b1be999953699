package functions

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// converter returns a value as a value of another type.
type converter func(cty.Value, cty.Type) (cty.Value, error)

// convertCollections converts the arguments whose parameters are collections; the caller has
// converted the others. rest is the parameter of the arguments beyond params.
func convertCollections(
	params []function.Parameter, rest *function.Parameter, args []cty.Value, convert converter,
) ([]cty.Value, error) {
	converted := slices.Clone(args)
	for i, arg := range args {
		param := rest
		if i < len(params) {
			param = &params[i]
		}
		if !param.Type.IsCollectionType() {
			continue
		}
		var err error
		if converted[i], err = convert(arg, param.Type); err != nil {
			return nil, function.NewArgError(i, err)
		}
	}
	return converted, nil
}

// toCollection returns tolist, toset or tomap.
func toCollection(kind cty.Type) function.Function {
	slow := stdlib.MakeToFunc(kind)
	return function.New(&function.Spec{
		Params: markedValue(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if ty, ok := collectedType(args[0], kind); ok {
				return ty, nil
			}
			return slow.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if quick, ok := collect(args[0], kind); ok {
				return quick, nil
			}
			return slow.Call(args)
		},
	})
}

// Convert is convert.Convert, in linear time for tuples and objects if want fixes the type of
// the elements, or if they are all primitive.
func Convert(v cty.Value, want cty.Type) (cty.Value, error) {
	if quick, ok := collect(v, want); ok {
		return quick, nil
	}
	return convert.Convert(v, want)
}

// convertForType is Convert if only the type of the result matters. If that is a set, it
// returns an unknown one, since to build a set of a fleet's devices takes a second.
func convertForType(v cty.Value, want cty.Type) (cty.Value, error) {
	if ty, ok := collectedType(v, want); ok && want.IsSetType() {
		return cty.UnknownVal(ty), nil
	}
	return Convert(v, want)
}

// collectedType returns the type of collect's result, and whether collect can convert v.
func collectedType(v cty.Value, want cty.Type) (_ cty.Type, ok bool) {
	v, _ = v.Unmark()
	from, isMap := v.Type(), want.IsMapType()
	fits := isMap && from.IsObjectType() || (want.IsListType() || want.IsSetType()) && from.IsTupleType()
	if !fits || v.IsNull() || !v.IsKnown() || v.LengthInt() == 0 {
		return want, false
	}
	element, ok := elementType(v, want.ElementType())
	switch {
	case !ok:
		return want, false
	case isMap:
		return cty.Map(element), true
	case want.IsSetType():
		return cty.Set(element), true
	}
	return cty.List(element), true
}

// collect converts a tuple to a list or set, or an object to a map, if it can do so in linear
// time.
func collect(v cty.Value, want cty.Type) (_ cty.Value, ok bool) {
	ty, ok := collectedType(v, want)
	if !ok {
		return v, false
	}
	v, marks := v.Unmark()
	list, named := make([]cty.Value, 0, v.LengthInt()), map[string]cty.Value{}
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		value, err := Convert(value, ty.ElementType())
		switch {
		case err != nil: // cty's own conversion names the element
			return v, false
		case ty.IsMapType():
			named[key.AsString()] = value
		default:
			list = append(list, value)
		}
	}
	switch {
	case ty.IsMapType():
		return cty.MapVal(named).WithMarks(marks), true
	case ty.IsSetType():
		return cty.SetVal(list).WithMarks(marks), true
	}
	return cty.ListVal(list).WithMarks(marks), true
}

// elementType returns the type that all elements of v are converted to: want, or the common
// type of primitive elements, which have at most three types.
func elementType(v cty.Value, want cty.Type) (cty.Type, bool) {
	if !want.HasDynamicTypes() {
		return want, true
	}
	all := elements(v)
	compound := func(v cty.Value) bool { return !v.Type().IsPrimitiveType() }
	if want != cty.DynamicPseudoType || slices.ContainsFunc(all, compound) {
		return cty.NilType, false
	}
	common, _ := convert.UnifyUnsafe(distinctTypes(all))
	return common, common != cty.NilType
}

func elements(v cty.Value) []cty.Value {
	all := make([]cty.Value, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, value := it.Element()
		all = append(all, value)
	}
	return all
}

// distinctTypes returns the types of the values, each primitive type once: cty takes quadratic
// time to unify many types.
func distinctTypes(values []cty.Value) []cty.Type {
	var types []cty.Type
	for _, v := range values {
		if ty := v.Type(); !ty.IsPrimitiveType() || !slices.Contains(types, ty) {
			types = append(types, ty)
		}
	}
	return types
}
