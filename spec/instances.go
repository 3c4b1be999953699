package spec

import (
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/diag"
)

// repetition identifies one instance of a block.
type repetition struct {
	index, value cty.Value // index is cty.NilVal without for_each and count, value without for_each
}

// context returns the block's context with each or count.
func (i repetition) context(base *hcl.EvalContext) *hcl.EvalContext {
	if i.index == cty.NilVal {
		return base
	}
	name, is := "each", map[string]cty.Value{"key": i.index, "value": i.value}
	if i.value == cty.NilVal {
		name, is = "count", map[string]cty.Value{"index": i.index}
	}
	ctx := base.NewChild()
	ctx.Variables = map[string]cty.Value{name: cty.ObjectVal(is)}
	return ctx
}

// reserve counts n more instances. If there are too many, it reports that and returns false.
type reserve func(n int64, at hcl.Range, sink *diag.Sink) bool

// errNotWhole is the reason why a number is not a count.
var errNotWhole = errors.New("it has a fraction or is negative")

// counted returns the instances of a block with count.
func counted(value cty.Value, at hcl.Range, sink *diag.Sink, reserve reserve) ([]repetition, bool) {
	value, err := convert.Convert(value, cty.Number)
	if err == nil && (!value.AsBigFloat().IsInt() || value.AsBigFloat().Sign() < 0) {
		err = errNotWhole
	}
	if err != nil {
		sink.Add(diag.Errorf(&at, "Invalid count", "count is a whole number, 0 or more: %s.", err))
		return nil, false
	}
	n, _ := value.AsBigFloat().Int64()
	if !reserve(n, at, sink) {
		return nil, false
	}
	all := make([]repetition, n)
	for i := range all {
		all[i].index = cty.NumberIntVal(int64(i))
	}
	return all, true
}

// forEach returns the instances of a block with for_each.
func forEach(value cty.Value, at hcl.Range, sink *diag.Sink, reserve reserve) ([]repetition, bool) {
	typ := value.Type()
	isSet := typ.IsSetType() && (typ.ElementType() == cty.String || value.LengthInt() == 0)
	if !typ.IsMapType() && !typ.IsObjectType() && !isSet {
		sink.Add(diag.Errorf(&at, "Invalid for_each",
			"for_each takes a map, an object or a set of strings, whose keys name the instances; this is %s. "+
				"For a list of strings write toset(...); for a list of objects { for x in ... : x.id => x }.",
			typ.FriendlyName()))
		return nil, false
	}
	if !reserve(int64(value.LengthInt()), at, sink) {
		return nil, false
	}
	all := make([]repetition, 0, value.LengthInt())
	for it := value.ElementIterator(); it.Next(); {
		key, element := it.Element()
		if isSet {
			key = element
		}
		if key.IsNull() {
			sink.Add(diag.Errorf(&at, "Null in for_each", "The set contains a null, but every instance needs a key."))
			return nil, false
		}
		all = append(all, repetition{key, element})
	}
	return all, true
}
