package render

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
	"github.com/retainctl/retainctl/plan"
)

// firstFields has the fields that the golden files were made with, so that a new field does not change them.
const firstFields mqtt.Fields = 1<<8 - 1

// richChanges returns a plan with updates, a create and a delete of a message with every field: first with nothing
// hidden, then with one leaf hidden, then with every field hidden.
func richChanges() *plan.Plan {
	all := mqtt.Message{
		Payload: []byte(`{"setpoint":21,"token":"hunter2"}`), QoS: 2, PayloadFormat: mqtt.UTF8Data,
		ContentType: "application/json", ResponseTopic: "house/replies", CorrelationData: []byte{0, 255},
		UserProperties: []mqtt.UserProperty{{Name: "site", Value: "é"}, {Name: "rev no", Value: ""}}, Expiry: 86400,
	}
	other := mqtt.Message{
		Payload: []byte("\xff"), ContentType: "text/plain", ResponseTopic: "replies", CorrelationData: []byte("x"),
		UserProperties: []mqtt.UserProperty{{Name: "site", Value: "a"}, {Name: "site", Value: "b"}}, Expiry: 5,
	}
	p := emptyPlan()
	for i, hide := range []mqtt.Redaction{{}, {Leaves: []string{"/token"}}, {Fields: firstFields}} {
		show := func(m mqtt.Message) *mqtt.Message { m = hide.Apply(m); return &m }
		for _, c := range []plan.Change{
			change(plan.Update, plan.Config, "other", fmt.Sprint(i), show(other), show(all)),
			change(plan.Update, plan.Config, "unset", fmt.Sprint(i), show(all), message("", "x")),
			change(plan.Create, plan.Added, "new", fmt.Sprint(i), nil, show(all)),
			change(plan.Delete, plan.Undeclared, "gone", fmt.Sprint(i), show(all), nil),
		} {
			c.Redaction = hide
			if c.Before != nil && c.After != nil {
				c.Differs |= hide.Fields
			}
			p.Changes = append(p.Changes, c)
		}
	}
	return p
}

// TestEveryFieldGolden checks how each field of a message is shown, redacted and not.
func TestEveryFieldGolden(t *testing.T) {
	golden(t, "fields.json", []byte(shown(t, JSON, richChanges(), PlanOptions{Version: "0.1.0"})))
	golden(t, "fields.txt", []byte(shown(t, Text, richChanges(), PlanOptions{Verbose: true})))
}

func TestRichPlansMatchTheSchema(t *testing.T) {
	validate(t, planSchema(t), shown(t, JSON, richChanges(), PlanOptions{Version: "0.1.0"}))
}

// BenchmarkPlan writes a plan of 10,000 changes in each format.
func BenchmarkPlan(b *testing.B) {
	p, rich := emptyPlan(), richChanges().Changes
	for i := range 10_000 {
		p.Changes = append(p.Changes, rich[i%len(rich)])
	}
	for _, f := range Formats() {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Plan(io.Discard, f, p, PlanOptions{Verbose: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestRichPlansShowNoSecret(t *testing.T) {
	p := richChanges()
	p.Changes = p.Changes[8:]
	for _, f := range Formats() {
		if doc := shown(t, f, p, PlanOptions{Verbose: true}); strings.Contains(doc, "hunter2") || strings.Contains(doc, "replies") {
			t.Errorf("%s shows a secret:\n%s", f, doc)
		}
	}
}

// TestEveryFieldIsShown compares the JSON form, its schema and the text with the table of fields.
func TestEveryFieldIsShown(t *testing.T) {
	p := emptyPlan()
	for row := range mqtt.AllFields.Rows() {
		m := mqtttest.Only(row)
		m.Payload = []byte("x")
		p.Changes = []plan.Change{change(plan.Create, plan.Added, "a", row.Name, nil, &m)}
		doc := shown(t, JSON, p, PlanOptions{})
		if !strings.Contains(doc, `"`+row.Name+`":`) {
			t.Errorf("the JSON of a plan does not show %s", row.Name)
		}
		validate(t, planSchema(t), doc)
		if text := shown(t, Text, p, PlanOptions{}); !strings.Contains(text, "+ "+row.Name+" ") {
			t.Errorf("the text of a plan does not show %s", row.Name)
		}
	}
}
