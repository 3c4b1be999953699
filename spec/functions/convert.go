package functions

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// convertAll converts the arguments whose parameters are collections, as convert
// does; the caller has converted the others.
func convertAll(params []function.Parameter, rest *function.Parameter, args []cty.Value, convert func(cty.Value, cty.Type) (cty.Value, error)) ([]cty.Value, error) {
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

// to is tolist, toset or tomap.
func to(kind cty.Type) function.Function {
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

// Convert is convert.Convert, in linear time for tuples and objects whose
// elements become what want says, or are primitive.
func Convert(v cty.Value, want cty.Type) (cty.Value, error) {
	if quick, ok := collect(v, want); ok {
		return quick, nil
	}
	return convert.Convert(v, want)
}

// typeTo is Convert for callers that need only the type of a set: making one
// takes a second for the devices of a fleet.
func typeTo(v cty.Value, want cty.Type) (cty.Value, error) {
	if ty, ok := collectedType(v, want); ok && want.IsSetType() {
		return cty.UnknownVal(ty), nil
	}
	return Convert(v, want)
}

// collectedType is the type of what collect makes.
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

// collect makes a list or set of a tuple, or a map of an object, if it can in
// linear time.
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
		case err != nil: // cty says better where
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

// elementType is the type that all elements of v become: the one that is wanted,
// or the one that their types have in common, which are three at most.
func elementType(v cty.Value, want cty.Type) (cty.Type, bool) {
	if !want.HasDynamicTypes() {
		return want, true
	}
	all := elements(v)
	if want != cty.DynamicPseudoType || slices.ContainsFunc(all, func(v cty.Value) bool { return !v.Type().IsPrimitiveType() }) {
		return cty.NilType, false
	}
	common, _ := convert.UnifyUnsafe(differing(all))
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

// differing are the values' types, a primitive one once: cty takes quadratic time
// to find what many types have in common.
func differing(values []cty.Value) []cty.Type {
	var types []cty.Type
	for _, v := range values {
		if ty := v.Type(); !ty.IsPrimitiveType() || !slices.Contains(types, ty) {
			types = append(types, ty)
		}
	}
	return types
}
