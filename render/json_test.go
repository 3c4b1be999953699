package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

func planSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../docs/plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, doc string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("docs/plan.schema.json rejects a rendered plan: %v", err)
	}
}

func TestPlanJSONMatchesItsSchema(t *testing.T) {
	schema := planSchema(t)
	offline := everything()
	offline.Refreshed, offline.Complete, offline.Reasons = false, false, []string{"not read"}
	fatal := emptyPlan()
	fatal.Refusals = []plan.Refusal{{Kind: plan.RefuseUnread, Fatal: true, Topics: []plan.Refused{{
		Key: state.Key{Broker: lab, Topic: "a"}, Cause: "no SUBACK", Recorded: message("a", "\xff"),
	}}}}
	for name, p := range map[string]*plan.Plan{"everything": everything(), "nothing": emptyPlan(), "offline": offline, "fatal": fatal} {
		t.Run(name, func(t *testing.T) { validate(t, schema, shown(t, JSON, p, PlanOptions{Version: "0.1.0"})) })
	}
	if schema.Validate(map[string]any{"format_version": "2.0"}) == nil {
		t.Error("the schema accepts a document of another major version")
	}
}

func TestPlanJSONHasTerraformsShape(t *testing.T) {
	p := emptyPlan()
	imported := change(plan.Import, plan.Added, "a", "k", message("", "x"), message("", "x"))
	imported.Address = `module.m["x.message.y"].message.a["k"]`
	gone := change(plan.Delete, plan.Undeclared, "b", "k", message("", "\xff<&>"), nil)
	gone.Redaction = mqtt.Redaction{Fields: mqtt.FieldContentType, Leaves: []string{"/psk"}}
	p.Changes = []plan.Change{imported, gone}
	var doc struct {
		ResourceChanges []map[string]any `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(shown(t, JSON, p, PlanOptions{})), &doc); err != nil {
		t.Fatal(err)
	}
	in, out := doc.ResourceChanges[0], doc.ResourceChanges[1]
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"module", in["module_address"], `module.m["x.message.y"]`},
		{"index", in["index"], "k"},
		{"import", in["change"].(map[string]any)["actions"], []any{"no-op"}},
		{"importing", in["change"].(map[string]any)["importing"], map[string]any{"id": "site/a/k"}},
		{"after", out["change"].(map[string]any)["after"], nil},
		{"after_sensitive", out["change"].(map[string]any)["after_sensitive"], false},
		{"before_sensitive", out["change"].(map[string]any)["before_sensitive"],
			map[string]any{"content_type": true, "payload": map[string]any{"/psk": true}}},
		{"payload", out["change"].(map[string]any)["before"].(map[string]any)["payload_base64"], "/zwmPg=="},
		{"action_reason", out["action_reason"], "delete_because_no_resource_config"},
	} {
		got, _ := json.Marshal(c.got)
		want, _ := json.Marshal(c.want)
		if !bytes.Equal(got, want) {
			t.Errorf("%s is %s, want %s", c.name, got, want)
		}
	}
}

func TestPlanJSONDoesNotEscapeHTML(t *testing.T) {
	p := emptyPlan()
	p.Changes = []plan.Change{change(plan.Create, plan.Added, "a", "<&>", nil, message("", "<b>"))}
	if doc := shown(t, JSON, p, PlanOptions{}); !strings.Contains(doc, `"payload":"<b>"`) {
		t.Errorf("the payload is not shown as it is: %s", doc)
	}
}
