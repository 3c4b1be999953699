package spec

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/spec/diag"
)

// lifecycle returns a Message with the fields that a lifecycle block sets, which are the same
// for every instance. changes is ignore_changes, which is not evaluated; it may be nil.
func (a *arguments) lifecycle(changes *hcl.Attribute) Message {
	var common Message
	if changes != nil {
		a.eval.work.Begin(changes.Expr)
		common.IgnoreFields, common.IgnoreLeaves = ignored(changes.Expr, a.sink)
	}
	common.OnDestroy = a.choice("on_destroy", "delete", "forget")
	common.PreventDestroy = a.is("prevent_destroy")
	common.IgnoreAbsent = a.choice("absent", "create", "ignore") == "ignore"
	return common
}

// ignored reads ignore_changes: names of fields, without quotes, and pointers into a JSON
// payload.
func ignored(list hcl.Expression, sink *diag.Sink) (mqtt.Fields, []string) {
	if hcl.ExprAsKeyword(list) == "all" {
		return mqtt.AllFields, nil
	}
	var fields mqtt.Fields
	var leaves []string
	items, diags := hcl.ExprList(list)
	sink.Add(diags...)
	for _, item := range items {
		name, at := hcl.ExprAsKeyword(item), item.Range()
		if name == "" {
			value, diags := item.Value(nil)
			if diags.HasErrors() || value.Type() != cty.String || value.IsNull() {
				sink.Add(diag.Errorf(&at, "Invalid ignore_changes",
					"ignore_changes lists fields, such as user_properties, and paths of a JSON payload, such as "+
						"\"/last_seen\"."))
				continue
			}
			name = value.AsString()
		}
		if strings.HasPrefix(name, "/") {
			if err := payload.CheckPointer(name); err != nil {
				sink.Add(diag.Errorf(&at, "Invalid path in ignore_changes", "%s.", diag.Sentence(err)))
				continue
			}
			leaves = append(leaves, name)
			continue
		}
		field := mqtt.FieldNamed(name)
		if field == 0 {
			names := mqtt.AllFields.Names()
			sink.Add(diag.Errorf(&at, "Unknown field in ignore_changes",
				"A message has no field %q whose changes could be ignored.%s The fields are %s. A path of a JSON "+
					"payload begins with \"/\".", name, diag.DidYouMean(name, slices.Values(names)), diag.OneOf(names)))
		}
		fields |= field
	}
	slices.Sort(leaves)
	return fields, slices.Compact(leaves)
}
