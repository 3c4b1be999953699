package render

import (
	"bytes"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

// TestRefreshOnlyPlan checks that each format shows what changed outside, and nothing that looks like an action.
func TestRefreshOnlyPlan(t *testing.T) {
	p := emptyPlan()
	p.Mode, p.NoOps = plan.RefreshOnly, 1
	changed := change(plan.NoOp, plan.Drift, "x", "a", message("", "1"), message("", "2"))
	changed.Differs = mqtt.FieldPayload
	p.Drift = []plan.Change{
		changed,
		change(plan.NoOp, plan.Drift, "y", "b", message("", "1"), nil),
		change(plan.NoOp, plan.Expired, "z", "c", message("", "1"), nil),
	}
	for format, wants := range map[Format][]string{
		Text: {
			`# message.x["a"] has changed outside of retainctl`, `# message.y["b"] has been deleted outside of retainctl`,
			`# message.z["c"] has expired`, "3 messages changed outside of retainctl. This is a refresh-only plan",
			"1 message live as recorded.", "Token: ",
		},
		Markdown: {
			"**3 messages changed outside of retainctl.** This is a refresh-only plan",
			"has been deleted outside of retainctl", "Token: ",
		},
		HTML: {"has expired", "Changed outside of retainctl", "3 messages changed outside of retainctl. This is"},
		JSON: {
			`"resource_changes":[]`, `"resource_drift":[{"address":"message.x[\"a\"]"`, `"mode":"refresh-only"`,
			`"applyable":true`, `"drift":[{"address":"message.x[\"a\"]","broker":"lab","topic":"site/x/a","action":"update",` +
				`"reasons":["drift"]`,
		},
	} {
		var out bytes.Buffer
		if err := Plan(&out, format, p, PlanOptions{}); err != nil {
			t.Fatal(err)
		}
		if format == JSON {
			validate(t, planSchema(t), out.String())
		}
		for _, want := range wants {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s lacks %q:\n%s", format, want, out.String())
			}
		}
		for _, never := range []string{"to add", "will be", "following actions", "outside of retainctl, to be reverted"} {
			if strings.Contains(out.String(), never) {
				t.Errorf("%s says %q:\n%s", format, never, out.String())
			}
		}
	}
	p.Drift = nil
	text := shown(t, Text, p, PlanOptions{})
	if !strings.Contains(text, "No changes. The state matches the live messages.") {
		t.Errorf("a plan without drift is shown as\n%s", text)
	}
}
