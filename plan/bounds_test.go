package plan_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// bounds are the filter blocks that bound a plan. The model evaluates them without the
// planner.
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

// deletes reports whether the exclusive blocks delete an untracked message at the topic.
func (b bounds) deletes(topic string) bool {
	return within(b.exclusive, topic) && !within(b.except, topic) && !within(b.removed, topic)
}

// allowed returns the declarations that do not contradict the blocks, as spec demands of a
// configuration.
func (b bounds) allowed(desired []spec.Message) []spec.Message {
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

// ask adds the blocks to an input.
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

// boundedPlan plans with the blocks, and overwrites unmanaged messages.
func (w *world) boundedPlan(b bounds, desired []spec.Message) *plan.Plan {
	in := w.input(desired...)
	in.OverwriteUnmanaged = true
	b.ask(&in)
	return in.plan()
}

// dropRefused returns the blocks without those that refused a plan. It fails the test if a
// refusal is wrong.
func dropRefused(t *rapid.T, w *world, b bounds, p *plan.Plan) bounds {
	for _, r := range p.Blocked(true) {
		for _, topic := range r.Topics {
			record, recorded := w.prior.Records[topic.Key]
			pending := w.prior.Pending[topic.Key].After
			forgets := record.OnDestroy == "forget" || pending != nil && pending.OnDestroy == "forget"
			switch known := recorded || pending != nil; {
			case r.Kind == plan.RefuseProtect && within(b.protect, topic.Key.Topic) && known:
			case r.Kind == plan.RefuseForget && b.deletes(topic.Key.Topic) && forgets:
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

// TestBoundedModel checks the invariants of filter blocks: nothing protected is deleted,
// exactly those untracked messages are deleted that match an exclusive block, and topics that
// match a removed block are not touched. After that the next plan has no changes.
func TestBoundedModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.run(t, w.force(drawDeclared(t, "before")))
		meddle(t, w)
		put("c/x", rapid.SampledFrom([]string{"1", "2"}).Draw(t, "untracked"))(w)
		before, b := w.clone(), drawBounds(t, "bounds")
		desired := b.allowed(drawDeclared(t, "after"))
		p := w.boundedPlan(b, desired)
		if len(p.Blocked(true)) > 0 {
			b = dropRefused(t, w, b, p)
			if p = w.boundedPlan(b, desired); len(p.Blocked(true)) > 0 {
				t.Fatalf("refused again: %s", describe(p))
			}
		}
		w.run(t, p)
		quiet(t, ignoringEmpty(w.boundedPlan(b, desired)))
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
			t.Fatalf("%s matches a removed block and was changed", topic)
		case declared || recorded:
		case b.deletes(topic) && !within(b.protect, topic) && there:
			t.Fatalf("%s is untracked and matches an exclusive block, but was not deleted", topic)
		case (!b.deletes(topic) || within(b.protect, topic)) && !untouched:
			t.Fatalf("%s is untracked, but was changed", topic)
		}
	}
	for k := range after.prior.Records {
		if within(b.removed, k.Topic) {
			t.Fatalf("%s is still recorded, but matches a removed block", k.Topic)
		}
	}
}

// covered checks that a plan lists only messages as protected that are.
func covered(t *rapid.T, p *plan.Plan, b bounds) {
	for _, kept := range p.Protected {
		if !within(b.protect, kept.Key.Topic) || !b.deletes(kept.Key.Topic) {
			t.Fatalf("%s is listed as protected, but is not", kept.Key.Topic)
		}
	}
}

// TestBoundedInterrupted interrupts an apply with blocks at every point, runs another with
// other blocks, and checks that the plan after that has no changes.
func TestBoundedInterrupted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.run(t, w.force(drawDeclared(t, "before")))
		meddle(t, w)
		b := drawBounds(t, "first bounds")
		first := w.boundedPlan(b, b.allowed(drawDeclared(t, "first")))
		w.cutOff(t, first)
		before := w.clone()
		b = drawBounds(t, "second bounds")
		desired := b.allowed(drawDeclared(t, "second"))
		p := w.boundedPlan(b, desired)
		if len(p.Blocked(true)) > 0 {
			b = dropRefused(t, w, b, p)
			p = w.boundedPlan(b, desired)
		}
		w.run(t, p)
		quiet(t, ignoringEmpty(w.boundedPlan(b, desired)))
		for topic := range before.live {
			if _, there := w.live[topic]; !there && within(b.protect, topic) {
				t.Fatalf("%s is protected and was deleted", topic)
			}
		}
	})
}
