// Package generate writes configuration for messages that a broker holds: the HCL
// that an engineer would have written by hand, so that the next plan adopts them
// without a publish.
//
// Messages of one shape become one block over a table of what differs. It is
// correct before it is clever: what was written is loaded again and compared with
// what was read, and whatever does not come back the same is written more plainly,
// down to the bytes.
package generate

import (
	"cmp"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
)

// Options say how the configuration is to be written.
type Options struct {
	Broker     string // the name of the block that holds the messages
	BrokerType string
	Several    bool   // other brokers are declared: every message names its own
	Exact      bool   // payloads are written byte for byte, never as values
	Files      bool   // long tables and payloads go into files of their own
	Taken      Names  // what the configuration declares already
	Comment    string // at the head of the file

	mqtt.Capabilities // of the broker: what it does not show is not declared
}

// Result is a configuration file, and the files beside it by their names.
type Result struct {
	HCL     []byte
	Files   map[string][]byte
	Written int // messages
	Blocks  int
	LeftOut []LeftOut // what no configuration can declare
}

// LeftOut is a message that the language cannot say.
type LeftOut struct{ Topic, Reason string }

// Write gives configuration for messages, one for each topic.
func Write(messages []mqtt.Message, o Options) (Result, error) {
	w := &writer{o: o}
	for _, m := range slices.SortedFunc(slices.Values(messages), byTopic) {
		m = w.declarable(m)
		if why := undeclarable(m); why != "" {
			w.leftOut = append(w.leftOut, LeftOut{m.Topic, why})
			continue
		}
		w.items = append(w.items, newItem(m, o, values))
	}
	w.groups = share(w.items)
	return w.write()
}

func byTopic(a, b mqtt.Message) int { return cmp.Compare(a.Topic, b.Topic) }

// declarable gives what there is to say of a message: nothing of what the broker
// does not show.
func (w *writer) declarable(m mqtt.Message) mqtt.Message {
	unknown := mqtt.AllFields &^ w.o.Readable
	return m.With(mqtt.Message{QoS: defaultQoS}, unknown)
}

// defaultQoS is what a message has that names none.
const defaultQoS = 1

// writer is the run of one Write.
type writer struct {
	o       Options
	items   []*item
	groups  []*group
	leftOut []LeftOut
}

// write writes until what was written says what was read. Each round writes more
// plainly what did not.
func (w *writer) write() (Result, error) {
	for {
		f := w.arrange()
		failed, err := f.verify()
		if err != nil {
			return Result{}, err
		}
		if len(failed) == 0 {
			return f.result(w.leftOut), nil
		}
		for _, it := range failed {
			w.plainer(it)
		}
	}
}

// plainer writes an item that did not come back the same in the next plainer way;
// beyond bytes there is none.
func (w *writer) plainer(it *item) {
	if !it.alone {
		it.alone = true
		return
	}
	if it.style < bytesOnly {
		*it = *newItem(it.m, w.o, it.style+1)
		it.alone = true
		return
	}
	w.items = slices.DeleteFunc(w.items, func(x *item) bool { return x == it })
	w.leftOut = append(w.leftOut, LeftOut{it.m.Topic, "what was written for it does not evaluate to what was read"})
}
