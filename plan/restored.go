package plan

import (
	"github.com/retainctl/retainctl/spec"
)

// restore replaces the declaration at a topic by the message of the backup. Arguments such
// as on_destroy stay as the configuration declares them.
func (e *entry) restore() {
	d := restoredMessage(e)
	e.contradicts = e.decl == nil ||
		differs(e.decl.Message, d.Message, e.decl.OrderedProperties, e.decl.CompareBytes) != 0
	e.decl = d
}

func restoredMessage(e *entry) *spec.Message {
	r := e.backup
	d := &spec.Message{
		Address: r.Address, DependsOn: r.DependsOn, OnDestroy: r.OnDestroy, PreventDestroy: r.PreventDestroy,
		OrderedProperties: r.OrderedProperties,
	}
	d.Name, d.Index = splitAddress(r.Address)
	if e.decl != nil {
		*d = *e.decl
		d.IgnoreFields, d.IgnoreLeaves, d.RenewBefore = 0, nil, 0
	}
	d.Message, d.Broker, d.CompareBytes = r.Message, e.broker.Name, true
	if e.rec != nil { // what became sensitive after the backup stays sensitive
		d.Redaction = d.Redaction.Union(e.rec.Redaction)
	}
	return d
}
