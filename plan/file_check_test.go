package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// document is the JSON of a plan file, to be changed.
type document map[string]any

func (d document) change(topic string) document {
	for _, list := range []string{"Changes", "Bookkeeping", "Drift"} {
		changes, _ := d[list].([]any)
		for _, c := range changes {
			if c := document(c.(map[string]any)); c.at("Key")["Topic"] == topic {
				return c
			}
		}
	}
	panic(topic)
}

func (d document) at(names ...string) document {
	for _, name := range names {
		d = d[name].(map[string]any)
	}
	return d
}

// setMessage sets a member of every message that is planned at a topic.
func (d document) setMessage(topic, member string, value any) {
	c := d.change(topic)
	for _, name := range []string{"After", "Record", "Message"} {
		if m, ok := c[name].(map[string]any); ok {
			m[member] = value
		}
	}
}

// publish makes a change publish another message than it shows and records.
func (d document) publish(at, topic, payload string) {
	c := d.change(at)
	c["After"] = map[string]any{"Topic": at, "Payload": "Mg==", "QoS": 1}
	c["Message"] = map[string]any{"Topic": topic, "Payload": payload, "QoS": 1}
	delete(c, "Alike")
}

// forge changes a saved plan and computes its checksum again.
func forge(t *testing.T, p *plan.Plan, edit func(document)) []byte {
	t.Helper()
	_, body, _ := bytes.Cut(save(t, p), []byte("\n"))
	var d document
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	edit(d)
	body, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return plan.WithChecksum(body)
}

// TestLoadHoldsTheRulesOfPlanning changes a plan file into what planning never makes, with a
// checksum that is right.
func TestLoadHoldsTheRulesOfPlanning(t *testing.T) {
	first := func(d document) document { return d["Changes"].([]any)[0].(map[string]any) }
	for name, test := range map[string]struct {
		edit func(document)
		says string
	}{
		"unchanged": {func(document) {}, ""},
		"an update with an empty payload": {func(d document) { d.setMessage("update", "Payload", "") },
			`message.update ("update"): its payload is empty`},
		"a create with an empty payload": {func(d document) { d.setMessage("create", "Payload", nil) }, "its payload is empty"},
		"only what is published": {func(d document) {
			d.publish("create", "create", "")
		}, "its payload is empty"},
		"only what is shown": {func(d document) {
			d.change("secret").at("After")["Payload"] = ""
		}, "its payload is empty"},
		"only what is recorded": {func(d document) {
			d.change("secret").at("Record")["Payload"] = ""
		}, "its payload is empty"},
		"an adoption that records nothing": {func(d document) { d.setMessage("import", "Payload", "") }, "its payload is empty"},
		"bookkeeping that records an empty message": {func(d document) {
			d.change("renamed").at("Record")["Payload"] = ""
		}, "its payload is empty"},
		"bookkeeping for another topic": {func(d document) {
			d.change("renamed").at("Record")["Topic"] = "other"
		}, "another topic"},
		"another topic is published": {func(d document) {
			d.publish("create", "other", "Mg==")
		}, `a message of another topic, "other"`},
		"another topic is deleted": {func(d document) { d.change("delete").at("Message")["Topic"] = "other" },
			"not the delete of its topic"},
		"a delete with properties": {func(d document) { d.change("delete").at("Message")["ContentType"] = "x" },
			"not the delete of its topic"},
		"a delete with a payload": {func(d document) { d.change("delete").at("Message")["Payload"] = "Mg==" }, "incomplete"},
		"a delete that records":   {func(d document) { d.change("delete")["Record"] = d.change("create")["Record"] }, "another topic"},
		"more is published than shown": {func(d document) {
			d.publish("create", "create", "Mw==")
		}, "what is shown, published and recorded differs"},
		"a wildcard": {func(d document) {
			d.change("update").at("Key")["Topic"] = "update/#"
		}, "wildcard"},
		"a reserved topic": {func(d document) { first(d).at("Key")["Topic"] = "$SYS/a" }, `"$"`},
		"a QoS of 3":       {func(d document) { d.setMessage("create", "QoS", 3) }, "QoS 0 to 2, not 3"},
		"a string that no packet carries": {func(d document) { d.setMessage("create", "ContentType", "a\x00") },
			"U+0000"},
		"another broker": {func(d document) { first(d).at("Key")["Broker"] = "mqtt:other:1883" }, "is not the broker"},
		"an unknown broker": {func(d document) {
			first(d)["Broker"] = "a"
		}, "is not the broker"},
		"deletes that are not counted": {func(d document) { d.at("Deletes")["Deletes"] = 0 }, "deletes 1 messages, but says 0"},
		"a topic twice": {func(d document) {
			d["Changes"] = append(d["Changes"].([]any), d["Changes"].([]any)[len(d["Changes"].([]any))-1])
		}, "twice"},
		"a mode that publishes nothing":   {func(d document) { d["Mode"] = plan.RefreshOnly }, "does not fit its mode"},
		"an unknown mode":                 {func(d document) { d["Mode"] = 9 }, "mode 9"},
		"a mode that is never saved":      {func(d document) { d["Mode"] = plan.Restore }, "mode 3"},
		"a no-op among the changes":       {func(d document) { first(d)["Action"] = " " }, "does not fit its mode"},
		"a publish among the bookkeeping": {func(d document) { d["Bookkeeping"] = d["Changes"] }, "publish nothing"},
		"a delete without conflict check": {func(d document) { d.change("delete")["Reasons"] = []string{"removed"} },
			"does not fit its reason"},
		"a recorded message as an untracked one": {func(d document) { d.change("delete")["Reasons"] = []string{"exclusive"} },
			"does not fit its reason"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := plan.Load(bytes.NewReader(forge(t, everyAction(t), test.edit)))
			switch {
			case test.says == "" && err != nil:
				t.Fatal(err)
			case test.says != "" && (!errors.Is(err, plan.ErrDamaged) || !strings.Contains(err.Error(), test.says)):
				t.Errorf("%v, want ErrDamaged with %q", err, test.says)
			}
		})
	}
}

// everyAction returns a plan with every action, a secret and bookkeeping.
func everyAction(t *testing.T) *plan.Plan {
	w := newWorld()
	w.run(t, w.plan(message("update", "1"), message("delete", "1"), message("renamed", "1")))
	put("import", "1")(w)
	renamed := message("renamed", "1", func(m *spec.Message) { m.Address = "message.other" })
	p := w.plan(message("update", "2"), message("create", "2"), message("import", "1"), message("secret", "2", secret), renamed)
	wantEqual(t, p.Counts(), plan.Counts{Import: 1, Create: 2, Update: 1, Delete: 1})
	wantEqual(t, len(p.StateOnly), 1)
	wantEqual(t, p.Changes[0].After.Diff(mqtt.Message{QoS: 1, Payload: []byte("2")}), mqtt.Fields(0))
	return p
}
