package render

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

func planJSON(w io.Writer, p *plan.Plan, o PlanOptions) error {
	fatal := len(p.Blocked(true)) > 0
	doc := jsonPlan{
		FormatVersion:   FormatVersion,
		Timestamp:       timestamp(p.Created),
		Applyable:       p.HasChanges() && len(p.Refusals) == 0,
		Complete:        !fatal,
		Errored:         fatal,
		ResourceChanges: make([]jsonChange, len(p.Changes)),
		Retainctl:       ownJSON(p, o),
	}
	for i := range p.Changes {
		doc.ResourceChanges[i] = resourceChange(&p.Changes[i])
	}
	for _, c := range outsideChanges(p.Drift) {
		doc.ResourceDrift = append(doc.ResourceDrift, resourceChange(&c))
	}
	return writeJSON(w, doc)
}

// writeJSON writes one document on one line. HTML is not escaped, so that topics are readable.
func writeJSON(w io.Writer, doc any) error { return writeJSONWith(w, doc, "") }

// writeIndentedJSON writes a document that people read too.
func writeIndentedJSON(w io.Writer, doc any) error { return writeJSONWith(w, doc, "  ") }

func writeJSONWith(w io.Writer, doc any, indent string) error {
	out := bufio.NewWriter(w)
	encoder := json.NewEncoder(safeJSON{out})
	encoder.SetIndent("", indent)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(doc); err != nil {
		return err
	}
	return out.Flush()
}

// ownJSON returns the part of the plan's document that Terraform's format has no place for.
func ownJSON(p *plan.Plan, o PlanOptions) jsonOwn {
	n := p.Counts()
	own := jsonOwn{
		Version: o.Version,
		Mode:    modeNames[p.Mode],
		Token:   p.Token(),
		Lineage: p.Prior.Lineage,
		Serial:  p.Prior.Serial,
		Summary: jsonSummary{
			Import: n.Import, Create: n.Create, Update: n.Update, Delete: n.Delete, Forget: n.Forget,
			NoOp: p.NoOps, Cosmetic: p.Cosmetic, Protected: len(p.Protected),
		},
		Observation: jsonObservation{
			Refreshed: p.Refreshed, Complete: p.Complete, Reasons: append([]string{}, p.Reasons...),
		},
		Brokers:   make([]jsonBroker, len(p.Brokers)),
		Refusals:  make([]jsonRefusal, len(p.Refusals)),
		Warnings:  make([]jsonWarning, len(p.Warnings)),
		Cost:      []jsonCost{},
		Protected: make([]jsonProtected, len(p.Protected)),
		Changes:   make([]jsonOwnChange, len(p.Changes)),
	}
	for i, b := range p.Brokers {
		own.Brokers[i] = jsonBroker{b.Name, b.Type, string(b.Identity), b.Address, b.Description}
	}
	for _, c := range p.Costs() {
		own.Cost = append(own.Cost, jsonCost{
			c.Broker, c.Publishes, c.Reads, c.Duration.Seconds(), c.PublishRate, c.Units, c.UnitBytes,
		})
	}
	for i, kept := range p.Protected {
		own.Protected[i] = jsonProtected{kept.Broker, kept.Key.Topic, kept.By}
	}
	for i, r := range p.Refusals {
		own.Refusals[i] = refusalJSON(p, r)
	}
	for i, warning := range p.Warnings {
		own.Warnings[i] = warningJSON(warning)
	}
	for i := range p.Changes {
		own.Changes[i] = ownChange(&p.Changes[i])
	}
	for _, c := range outsideChanges(p.Drift) {
		own.Drift = append(own.Drift, ownChange(&c))
	}
	return own
}

func ownChange(c *plan.Change) jsonOwnChange {
	reasons := make([]string, len(c.Reasons))
	for i, r := range c.Reasons {
		reasons[i] = string(r)
	}
	return jsonOwnChange{c.Address, c.Broker, c.Key.Topic, actionNames[c.Action], reasons, c.File, c.Line}
}

func warningJSON(w plan.Warning) jsonWarning {
	n := warningNotice(w)
	var idle []jsonIdle
	for _, block := range w.Idle {
		idle = append(idle, jsonIdle(block))
	}
	return jsonWarning{
		Kind: string(w.Kind), Broker: w.Broker, Summary: n.summary, Detail: n.detail,
		Fields: w.Fields.Names(), Topics: w.Topics, Failed: w.Failed, Idle: idle,
	}
}

func refusalJSON(p *plan.Plan, r plan.Refusal) jsonRefusal {
	refusal := jsonRefusal{
		Kind: string(r.Kind), Fatal: r.Fatal, Summary: refusalNotice(p, r).summary,
		Topics: make([]jsonRefused, len(r.Topics)),
	}
	for i, t := range r.Topics {
		broker := brokerNamed(p, t)
		refusal.Topics[i] = jsonRefused{
			Broker: broker, Topic: t.Key.Topic, Address: t.Address, File: t.File, Line: t.Line, Cause: t.Cause,
			Recorded: messageJSON(broker, t.Recorded),
			Live:     messageJSON(broker, t.Live),
			Planned:  messageJSON(broker, t.Planned),
		}
	}
	return refusal
}

// brokerNamed returns the label of the block that leads to a refused topic's broker, or the broker's identity if no
// block leads to it any more.
func brokerNamed(p *plan.Plan, t plan.Refused) string {
	for _, b := range p.Brokers {
		if b.Identity == t.Key.Broker {
			return b.Name
		}
	}
	return string(t.Key.Broker)
}

// resourceChange returns a change in Terraform's shape, so that its review tools can read the plan.
func resourceChange(c *plan.Change) jsonChange {
	change := jsonChange{
		Address:       c.Address,
		ModuleAddress: c.Module(),
		Mode:          "managed",
		Type:          "message",
		Name:          c.Name,
		Index:         indexValue(c.Index),
		ProviderName:  providerName,
		Change: jsonValues{
			Actions:         []string{actionNames[c.Action]},
			Before:          messageJSON(c.Broker, c.Before),
			After:           messageJSON(c.Broker, c.After),
			BeforeSensitive: sensitivity(c.Before, c.Redaction),
			AfterSensitive:  sensitivity(c.After, c.Redaction),
		},
	}
	switch c.Action {
	case plan.Import: // in Terraform an import is a no-op that imports
		change.Change.Actions = []string{"no-op"}
		change.Change.Importing = &jsonImporting{ID: c.Key.Topic}
	case plan.Delete:
		if slices.Contains(c.Reasons, plan.Undeclared) || c.Untracked() {
			change.ActionReason = "delete_because_no_resource_config"
		}
	}
	return change
}

// sensitivity marks what is hidden: true for a whole field, and for a payload with hidden leaves an object with true at
// each pointer. Without a message it is false, as in Terraform.
func sensitivity(m *mqtt.Message, r mqtt.Redaction) any {
	if m == nil {
		return false
	}
	marks := map[string]any{}
	for _, name := range r.Fields.Names() {
		marks[name] = true
	}
	if len(r.Leaves) > 0 && !r.Fields.Has(mqtt.FieldPayload) {
		leaves := make(map[string]bool, len(r.Leaves))
		for _, leaf := range r.Leaves {
			leaves[leaf] = true
		}
		marks["payload"] = leaves
	}
	return marks
}

// indexValue returns an instance key as it is written in JSON: a number, a string, or nil if there is none.
func indexValue(index cty.Value) any {
	switch {
	case index == cty.NilVal || index.IsNull():
		return nil
	case index.Type() == cty.Number:
		n, _ := index.AsBigFloat().Int64()
		return n
	case index.Type() == cty.String:
		return index.AsString()
	}
	return nil
}

func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
