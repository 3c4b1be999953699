// Package generate writes configuration for messages that a broker holds: the HCL
// that an engineer would have written by hand, so that the next plan adopts them
// without a publish.
//
// Messages of one shape become one block over a table of what differs. Write loads
// what it wrote and compares it with what was read; whatever does not come back the
// same is written more plainly, down to the bytes.
//
// From the bottom up: a message is an item, whose arguments are nodes; items of one
// shape are a table, whose values are columns and templates over them; source and
// block spell these as HCL; file arranges and verify checks them.
package generate

import (
	"cmp"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
)

// Write returns configuration for messages, one for each topic.
func Write(messages []mqtt.Message, o Options) (Result, error) {
	w := &writer{o: o}
	unknown := mqtt.AllFields &^ o.Readable
	byTopic := func(a, b mqtt.Message) int { return cmp.Compare(a.Topic, b.Topic) }
	for _, m := range slices.SortedFunc(slices.Values(messages), byTopic) {
		m = m.With(mqtt.Message{QoS: defaultQoS}, unknown)
		if why := undeclarable(m); why != "" {
			w.leftOut = append(w.leftOut, LeftOut{m.Topic, why})
			continue
		}
		w.items = append(w.items, newItem(m, o, values))
	}
	markShared(w.items)
	return w.write()
}

// writer is the run of one Write.
type writer struct {
	o       Options
	items   []*item
	leftOut []LeftOut
}

// write repeats until the configuration declares what was read. Each round writes
// more plainly what did not come back.
func (w *writer) write() (Result, error) {
	for {
		f := arrange(w.items, w.o)
		failed, err := f.verify()
		if err != nil {
			return Result{}, err
		}
		if len(failed) == 0 {
			return Result{HCL: f.text, Files: f.files, Written: len(w.items), Blocks: len(f.tables), LeftOut: w.leftOut}, nil
		}
		for _, it := range failed {
			w.plainer(it)
		}
	}
}

// plainer has an item that did not come back the same written in the next plainer
// way, and drops one that is written as bytes already.
func (w *writer) plainer(it *item) {
	switch {
	case !it.single:
		it.single = true
	case it.style < bytesOnly:
		*it = *newItem(it.m, w.o, it.style+1)
		it.single = true
	default:
		w.items = slices.DeleteFunc(w.items, func(x *item) bool { return x == it })
		w.leftOut = append(w.leftOut, LeftOut{it.m.Topic, "what was written for it does not evaluate to what was read"})
	}
}
