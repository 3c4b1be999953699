package functions

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// jsonEncode is jsonencode with marks kept by leaf: Terraform's whole result is
// sensitive as soon as one password is in it; ours says which leaf is.
func jsonEncode() function.Function {
	return function.New(&function.Spec{
		Description: "Gives the JSON text of a value.",
		Params: []function.Parameter{{
			Name: "val", Type: cty.DynamicPseudoType,
			AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
		}},
		Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			val := args[0]
			if doc, ok := appendJSON(nil, val); ok {
				return cty.StringVal(string(doc)), nil
			}
			val, marks := val.UnmarkDeepWithPaths()
			doc, err := encodeJSON(val)
			if err != nil || len(marks) == 0 {
				return doc, err
			}
			return markLeaves(doc, marks), nil
		},
	})
}

// encodeJSON encodes a value without marks.
func encodeJSON(val cty.Value) (cty.Value, error) {
	if doc, ok := appendJSON(nil, val); ok {
		return cty.StringVal(string(doc)), nil
	}
	size := 0
	err := cty.Walk(val, func(_ cty.Path, v cty.Value) (bool, error) {
		if v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
			size += len(v.AsString())
		}
		if size > bounds.MaxText {
			return false, bounds.ErrText
		}
		return true, bounds.Value(v)
	})
	if err != nil {
		return cty.NilVal, err
	}
	return stdlib.JSONEncodeFunc.Call([]cty.Value{val})
}

// markLeaves says of doc which of its leaves are sensitive. A sensitive object or
// array is one leaf, whole: its keys and its length may be the secret, as in
// { for t in var.tokens : t => 1 }.
func markLeaves(doc cty.Value, marks []cty.PathValueMarks) cty.Value {
	if !doc.IsKnown() {
		return doc.Mark(sensitive.Mark)
	}
	pointers := make([]string, len(marks))
	for i, m := range marks {
		if len(m.Path) == 0 {
			return doc.Mark(sensitive.Mark)
		}
		pointers[i] = pointer(m.Path)
	}
	// A pointer into a sensitive object would name its keys.
	return doc.WithMarks(sensitive.Leaves(doc.AsString(), mqtt.Outermost(pointers)))
}

// pointer spells path as RFC 6901 does.
func pointer(path cty.Path) string {
	var b strings.Builder
	for _, step := range path {
		b.WriteByte('/')
		switch step := step.(type) {
		case cty.GetAttrStep:
			b.WriteString(escapePointer(step.Name))
		case cty.IndexStep:
			if step.Key.Type() == cty.Number {
				b.WriteString(step.Key.AsBigFloat().Text('f', -1))
			} else {
				b.WriteString(escapePointer(step.Key.AsString()))
			}
		}
	}
	return b.String()
}

func escapePointer(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}
