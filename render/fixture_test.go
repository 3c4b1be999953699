package render

import (
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

const lab = state.Identity("mqtt:127.0.0.1:1883")

func keyed(name, key string) (string, cty.Value) {
	return fmt.Sprintf("message.%s[%q]", name, key), cty.StringVal(key)
}

func message(topic, payload string) *mqtt.Message {
	return &mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: 1}
}

// change returns a change of message.NAME["KEY"] at site/NAME/KEY.
func change(a plan.Action, why plan.Reason, name, key string, before, after *mqtt.Message) plan.Change {
	address, index := keyed(name, key)
	topic := "site/" + name + "/" + key
	c := plan.Change{
		Action: a, Reasons: []plan.Reason{why}, Address: address, Name: name, Index: index,
		Broker: "lab", Key: state.Key{Broker: lab, Topic: topic},
		Before: before, After: after, File: "main.retain.hcl", Line: 12,
	}
	for _, m := range []*mqtt.Message{before, after} {
		if m != nil {
			m.Topic = topic
		}
	}
	if before != nil && after != nil {
		c.Differs = before.Diff(*after)
	}
	return c
}

func emptyPlan() *plan.Plan {
	return &plan.Plan{
		Brokers: []plan.Broker{{
			Name: "lab", Type: "mqtt", Identity: lab,
			Address: "mqtt://127.0.0.1:1883", Description: "mosquitto 2.0.11, MQTT 5",
		}},
		Refreshed: true, Complete: true,
		Created: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Prior:   plan.PriorVersion{Lineage: "6f2a", Serial: 7},
	}
}

// everything returns a plan with every action, and most reasons, kinds of payload, warnings and refusals.
func everything() *plan.Plan {
	p := emptyPlan()
	p.NoOps, p.Cosmetic = 1234, 2
	for _, topic := range []string{"site/prod/x", "site/prod/y"} {
		key := state.Key{Broker: lab, Topic: topic}
		p.Protected = append(p.Protected, plan.Protected{Key: key, Broker: "lab", By: "protect.prod"})
	}
	p.Changes = append(p.Changes, creates()...)
	p.Changes = append(p.Changes, updates()...)
	p.Changes = append(p.Changes, removals()...)
	p.Warnings = []plan.Warning{
		{Kind: plan.WarnUnreadable, Broker: "lab", Fields: mqtt.FieldContentType | mqtt.FieldExpiry},
		{Kind: plan.WarnExpiring, Broker: "lab", Topics: []string{"site/a", "site/b"}},
	}
	p.Refusals = []plan.Refusal{{Kind: plan.RefuseUnmanaged, Topics: []plan.Refused{{
		Key: state.Key{Broker: lab, Topic: "site/theirs"}, Address: "message.theirs", File: "main.retain.hcl", Line: 40,
		Live: message("site/theirs", `{"by":"hand"}`), Planned: message("site/theirs", `{"by":"us"}`),
	}}}, {Kind: plan.RefuseMaxDeletes}}
	p.Deletes = plan.DeleteBudget{Limit: spec.Threshold{Number: 30, Percent: true}, Deletes: 15, Managed: 40}
	return p
}

func creates() []plan.Change {
	rich := message("", `{"setpoint":20,"unit":"C","wifi":{"psk":"(sensitive value)"}}`)
	rich.ContentType, rich.PayloadFormat, rich.Expiry = "application/json", mqtt.UTF8Data, 86400
	rich.UserProperties = []mqtt.UserProperty{{Name: "site", Value: "a"}, {Name: "rev no", Value: "7"}}
	rich.ResponseTopic, rich.CorrelationData = "site/a/replies", []byte("42")
	full := change(plan.Create, plan.Added, "thermostat", "kitchen", nil, rich)
	full.Redaction = mqtt.Redaction{Leaves: []string{"/wifi/psk"}}
	changes := []plan.Change{
		full,
		change(plan.Create, plan.Drift, "motd", "gone", nil, message("", "hello\nworld\n")),
		change(plan.Create, plan.Expired, "firmware", "blob", nil, message("", "\xff\x00\x01")),
	}
	for i := range 12 {
		payload := fmt.Sprintf(`{"id":%d,"on":true}`, i)
		changes = append(changes, change(plan.Create, plan.Added, "lamp", fmt.Sprintf("l%02d", i), nil, message("", payload)))
	}
	return changes
}

func updates() []plan.Change {
	secret := change(plan.Update, plan.Config, "wifi", "a",
		message("", `{"psk":"(sensitive value)","ssid":"x"}`), message("", `{"psk":"(sensitive value)","ssid":"y"}`))
	secret.SecretLeaves = []string{"/psk"}
	secret.Redaction = mqtt.Redaction{Leaves: []string{"/psk"}}
	hidden := change(plan.Update, plan.Config, "token", "a", message("", "(sensitive value)"), message("", "(sensitive value)"))
	hidden.Redaction, hidden.Differs = mqtt.Redaction{Fields: mqtt.FieldPayload}, mqtt.FieldPayload
	properties := message("", "same")
	properties.UserProperties = []mqtt.UserProperty{{Name: "site", Value: "b"}, {Name: "new", Value: "1"}}
	old := message("", "same")
	old.QoS, old.ContentType = 0, "text/plain"
	old.UserProperties = []mqtt.UserProperty{{Name: "site", Value: "a"}}
	changes := []plan.Change{
		secret, hidden,
		change(plan.Update, plan.Config, "props", "a", old, properties),
		change(plan.Update, plan.Unmanaged, "note", "a", message("", "one\ntwo\nthree\n"), message("", "one\n2\nthree\n")),
		change(plan.Update, plan.Republish, "again", "a", message("", "x"), message("", "x")),
		change(plan.Update, plan.Drift, "thermostat", "hall",
			message("", `{"setpoint":30,"unit":"C"}`), message("", `{"setpoint":20,"unit":"C"}`)),
	}
	for i := range 5 {
		key := fmt.Sprintf("d%d", i)
		changes = append(changes, change(plan.Update, plan.Config, "dimmer", key,
			message("", fmt.Sprintf(`{"id":%d,"interval":30}`, i)), message("", fmt.Sprintf(`{"id":%d,"interval":60}`, i))))
	}
	return changes
}

func removals() []plan.Change {
	untracked := change(plan.Delete, plan.Exclusive, "", "", message("", "ghost"), nil)
	untracked.Address, untracked.Index, untracked.File, untracked.Line = `exclusive.fleet["site/ghost"]`, cty.NilVal, "main.retain.hcl", 3
	untracked.Key.Topic, untracked.Before.Topic = "site/ghost", "site/ghost"
	gone := change(plan.Delete, plan.Undeclared, "legacy", "x", message("", `{"a":[1,2,{"b":"<script>"}]}`), nil)
	gone.File, gone.Line = "", 0
	return []plan.Change{
		untracked, gone,
		change(plan.Import, plan.Added, "shelf", "a", message("", "on"), message("", "on")),
		change(plan.Import, plan.Added, "shelf", "b", message("", "off"), message("", "off")),
		change(plan.Forget, plan.Undeclared, "kept", "a", message("", "stay"), nil),
		change(plan.Forget, plan.Removed, "given", "a", message("", "stay"), nil),
	}
}
