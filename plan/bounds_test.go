package plan_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// bounds are the blocks that bound a plan, as the model sees them: without asking
// the planner.
type bounds struct {
	exclusive, except, protect, removed []string
}

func drawBounds(t *rapid.T, label string) bounds {
	filters := []string{"#", "+", "a", "c/#", "c/+", "+/d", "z", "e"}
	draw := func(what string, most int) []string {
		return rapid.SliceOfN(rapid.SampledFrom(filters), 0, most).Draw(t, label+" "+what)
	}
	b := bounds{except: draw("except", 1), protect: draw("protect", 1), removed: draw("removed", 1)}
	for _, f := range draw("exclusive", 2) {
		if !slices.ContainsFunc(b.exclusive, func(other string) bool { return mqtt.Overlap(f, other) }) {
			b.exclusive = append(b.exclusive, f)
		}
	}
	return b
}

func within(filters []string, topic string) bool {
	return slices.ContainsFunc(filters, func(f string) bool { return mqtt.Match(f, topic) })
}

// takes tells whether an undeclared message at the topic is somebody's slip.
func (b bounds) takes(topic string) bool {
	return within(b.exclusive, topic) && !within(b.except, topic) && !within(b.removed, topic)
}

// allow gives the declarations that do not contradict the blocks, as a
// configuration must.
func (b bounds) allow(desired []spec.Message) []spec.Message {
	var found []spec.Message
	for _, d := range desired {
		if within(b.removed, d.Topic) || within(b.exclusive, d.Topic) && within(b.except, d.Topic) {
			continue
		}
		if within(b.exclusive, d.Topic) {
			d.OnDestroy = "delete"
		}
		found = append(found, d)
	}
	return found
}

func (b bounds) ask(in *input) {
	for _, f := range b.exclusive {
		exclusive(f, b.except...)(in)
	}
	for _, f := range b.protect {
		protect(f)(in)
	}
	for _, f := range b.removed {
		removed(f)(in)
	}
}

// bounded plans under the blocks, whatever stands in the way of apply alone.
func (w *world) bounded(b bounds, desired []spec.Message) *plan.Plan {
	in := w.input(desired...)
	in.OverwriteUnmanaged = true
	b.ask(&in)
	return in.plan()
}

// concede gives the blocks without those that a plan is refused for, each with
// good reason.
func concede(t *rapid.T, w *world, b bounds, p *plan.Plan) bounds {
	for _, r := range p.Blocked(true) {
		for _, topic := range r.Topics {
			record, recorded := w.prior.Records[topic.Key]
			pending := w.prior.Pending[topic.Key].After
			forgets := record.OnDestroy == "forget" || pending != nil && pending.OnDestroy == "forget"
			switch ours := recorded || pending != nil; {
			case r.Kind == plan.RefuseProtect && within(b.protect, topic.Key.Topic) && ours:
			case r.Kind == plan.RefuseForget && b.takes(topic.Key.Topic) && forgets:
			default:
				t.Fatalf("refused without a reason: %s", describe(p))
			}
		}
		if r.Kind == plan.RefuseProtect {
			b.protect = nil
		} else {
			b.exclusive = nil
		}
	}
	return b
}

// TestBoundedModel holds the law of the blocks: nothing protected is deleted, of
// what is neither declared nor ours only what an exclusive block takes in, and of
// that all; what a removed block speaks of is left as it is. Then nothing is left
// to do.
func TestBoundedModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.run(t, w.force(drawDeclared(t, "before")))
		meddle(t, w)
		put("c/x", rapid.SampledFrom([]string{"1", "2"}).Draw(t, "stranger"))(w)
		before, b := w.clone(), drawBounds(t, "bounds")
		desired := b.allow(drawDeclared(t, "after"))
		p := w.bounded(b, desired)
		if len(p.Blocked(true)) > 0 {
			b = concede(t, w, b, p)
			if p = w.bounded(b, desired); len(p.Blocked(true)) > 0 {
				t.Fatalf("refused again: %s", describe(p))
			}
		}
		w.run(t, p)
		quiet(t, ignoringEmpty(w.bounded(b, desired)))
		kept(t, before, w, b, desired)
		covered(t, p, b)
	})
}

// kept checks every topic that was live before an apply.
func kept(t *rapid.T, before, after *world, b bounds, desired []spec.Message) {
	for topic, was := range before.live {
		is, there := after.live[topic]
		_, recorded := before.prior.Records[stateKey(topic)]
		declared := slices.ContainsFunc(desired, func(d spec.Message) bool { return d.Topic == topic })
		untouched := there && is.Diff(was) == 0
		switch {
		case !there && within(b.protect, topic):
			t.Fatalf("%s is protected and was deleted", topic)
		case !declared && within(b.removed, topic) && !untouched:
			t.Fatalf("%s was given away and touched", topic)
		case declared || recorded:
		case b.takes(topic) && !within(b.protect, topic) && there:
			t.Fatalf("%s is a stranger in an exclusive filter, and stays", topic)
		case (!b.takes(topic) || within(b.protect, topic)) && !untouched:
			t.Fatalf("%s is nobody's, and was touched", topic)
		}
	}
	for k := range after.prior.Records {
		if within(b.removed, k.Topic) {
			t.Fatalf("%s is recorded, and was to be forgotten", k.Topic)
		}
	}
}

// covered checks what the plan says of the messages that it keeps.
func covered(t *rapid.T, p *plan.Plan, b bounds) {
	for _, kept := range p.Protected {
		if !within(b.protect, kept.Key.Topic) || !b.takes(kept.Key.Topic) {
			t.Fatalf("%s is said to be kept, and no block says so", kept.Key.Topic)
		}
	}
}

// TestBoundedInterrupted cuts an apply under blocks off at every point, and demands
// that the next one, under others, ends where nothing is left to do.
func TestBoundedInterrupted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.run(t, w.force(drawDeclared(t, "before")))
		meddle(t, w)
		b := drawBounds(t, "first bounds")
		first := w.bounded(b, b.allow(drawDeclared(t, "first")))
		w.cutOff(t, first)
		before := w.clone()
		b = drawBounds(t, "second bounds")
		desired := b.allow(drawDeclared(t, "second"))
		p := w.bounded(b, desired)
		if len(p.Blocked(true)) > 0 {
			b = concede(t, w, b, p)
			p = w.bounded(b, desired)
		}
		w.run(t, p)
		quiet(t, ignoringEmpty(w.bounded(b, desired)))
		for topic := range before.live {
			if _, there := w.live[topic]; !there && within(b.protect, topic) {
				t.Fatalf("%s is protected and was deleted", topic)
			}
		}
	})
}
