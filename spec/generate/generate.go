// Package generate writes the configuration for live messages: HCL as an engineer would write it
// by hand, such that the next plan adopts the messages without a publish.
//
// Messages of the same shape become one block with a table of their differences. Write loads the
// configuration that it wrote and compares the messages with those that were read. A message
// that differs is written more plainly, in the end as bytes.
//
// From the bottom up: a message is an item, whose arguments are nodes. Items of the same shape are
// a table, whose values are columns and templates over them. source.go and block.go write these as
// HCL, file.go arranges the parts, and verify.go checks the result.
package generate

import (
	"cmp"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
)

// Write returns the configuration for messages, which must have different topics. Messages that no
// configuration can declare are in Result.LeftOut. An error is a failure to check the result, for
// example to write temporary files.
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

// writer holds the state of one Write.
type writer struct {
	o       Options
	items   []*item
	leftOut []LeftOut
}

// write writes the configuration, and repeats that until it declares the messages as they were
// read. Each round writes the messages that differed more plainly.
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

// plainer changes an item that was not declared as it was read to the next plainer style. It leaves
// out an item that is written as bytes already.
func (w *writer) plainer(it *item) {
	switch {
	case !it.single:
		it.single = true
	case it.style < bytesOnly:
		*it = *newItem(it.m, w.o, it.style+1)
		it.single = true
	default:
		w.items = slices.DeleteFunc(w.items, func(x *item) bool { return x == it })
		w.leftOut = append(w.leftOut, LeftOut{it.m.Topic, "its configuration does not evaluate to the message that was read"})
	}
}
