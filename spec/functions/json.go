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

// jsonEncode returns jsonencode, which keeps the marks of leaves: if a password is in a document,
// Terraform's result is sensitive as a whole, and ours only in that leaf.
func jsonEncode() function.Function {
	return function.New(&function.Spec{
		Description: "Returns the JSON text of a value.",
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

// markLeaves returns doc with a mark for each of its sensitive leaves. A sensitive object or
// array is a single leaf, since its keys or its length may be the secret:
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
		pointers[i] = jsonPointer(m.Path)
	}
	// A pointer into a sensitive object would reveal its keys.
	return doc.WithMarks(sensitive.Leaves(doc.AsString(), mqtt.Outermost(pointers)))
}

// jsonPointer returns path as a JSON pointer (RFC 6901).
func jsonPointer(path cty.Path) string {
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
