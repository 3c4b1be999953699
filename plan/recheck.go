package plan

import (
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// ForbiddenError reports a change of a saved plan that the configuration or the state forbids
// now.
type ForbiddenError struct {
	Address, Topic string
	Why            string // a clause
}

func (e *ForbiddenError) Error() string {
	return fmt.Sprintf("apply %s (%q): %s", e.Address, e.Topic, e.Why)
}

// mostForbidden is how many changes an error of Recheck names.
const mostForbidden = 10

// Recheck holds a loaded plan to what protects messages now: prevent_destroy, protect, removed and
// exclusive blocks of the configuration, prevent_destroy and on_destroy of the state, and the limit
// of deletes that the plan was made with. in is the input of a plan that would be made now. The
// error joins a *ForbiddenError for each change that is forbidden.
func (p *Plan) Recheck(in Input) error {
	if b := p.Deletes.within(&in); p.Mode == Normal && b.tooMany(len(in.Desired) == 0) {
		return fmt.Errorf("it deletes %d of %d managed messages, which is more than max_deletes allowed when it "+
			"was made", b.Deletes, b.Managed)
	}
	r := newRechecker(p, &in)
	var found []error
	more := 0
	for i := range p.Changes {
		c := &p.Changes[i]
		switch why := r.forbids(c); {
		case why == "":
		case len(found) < mostForbidden:
			found = append(found, &ForbiddenError{c.Address, c.Key.Topic, why})
		default:
			more++
		}
	}
	if more > 0 {
		found = append(found, fmt.Errorf("and %d more", more))
	}
	return errors.Join(found...)
}

// within returns the budget with no more managed messages than the state has. Messages that only an exclusive
// block manages are not in the state, so with such blocks the plan's own number is kept.
func (b DeleteBudget) within(in *Input) DeleteBudget {
	if len(in.Exclusive) > 0 || in.Prior == nil {
		return b
	}
	managed := len(in.Prior.Records)
	for key := range in.Prior.Pending {
		if _, recorded := in.Prior.Records[key]; !recorded {
			managed++
		}
	}
	b.Managed = min(b.Managed, managed)
	return b
}

// tooMany reports whether planning refuses the number of deletes. empty reports whether nothing is
// declared.
func (b DeleteBudget) tooMany(empty bool) bool {
	switch {
	case b.Deletes == 0 || b.Limit.Percent && b.Limit.Number >= 100:
		return false
	case empty:
		return true
	}
	few := b.Limit == defaultMaxDeletes && b.Managed < enoughForPercent
	return !few && b.exceeded()
}

// rechecker knows what is declared and recorded when a saved plan is applied.
type rechecker struct {
	in       *Input
	mode     Mode
	declared map[state.Key]*spec.Message
	settled  map[state.Key]*state.Record // what the plan takes an interrupted apply to have done
}

func newRechecker(p *Plan, in *Input) *rechecker {
	r := &rechecker{
		in: in, mode: p.Mode, declared: p.declared(in.Desired), settled: map[state.Key]*state.Record{},
	}
	for i := range p.StateOnly {
		r.settled[p.StateOnly[i].Key] = p.StateOnly[i].record
	}
	return r
}

// declared returns the declarations by the brokers that a plan knows.
func (p *Plan) declared(desired []spec.Message) map[state.Key]*spec.Message {
	byName := map[string]state.Identity{}
	for _, b := range p.Brokers {
		byName[b.Name] = b.Identity
	}
	found := make(map[state.Key]*spec.Message, len(desired))
	for i := range desired {
		found[state.Key{Broker: byName[desired[i].Broker], Topic: desired[i].Topic}] = &desired[i]
	}
	return found
}

// recorded returns what the state holds of a topic, or what an interrupted apply did there; nil if
// nothing.
func (r *rechecker) recorded(key state.Key) *state.Record {
	if r.in.Prior == nil {
		return nil
	}
	if _, pending := r.in.Prior.Pending[key]; pending {
		if settled, found := r.settled[key]; found {
			return settled
		}
	}
	if rec, found := r.in.Prior.Records[key]; found {
		return &rec
	}
	return nil
}

// forbids returns why a change must not be carried out, or "" if it may.
func (r *rechecker) forbids(c *Change) string {
	d := r.declared[c.Key]
	switch {
	case c.Action == Forget:
		return r.forbidsForget(c)
	case c.Action == Import:
		return ""
	case d == nil && r.in.removes(c.Broker, c.Key.Topic):
		return "a removed block leaves its topic to somebody else"
	case c.Action != Delete:
		return ""
	}
	if by := r.in.protectedBy(c.Broker, c.Key.Topic); by != nil {
		return fmt.Sprintf("%s at %s forbids its delete", by.Address, place(by))
	}
	rec := r.recorded(c.Key)
	if c.Untracked() {
		return r.forbidsUntracked(c, d, rec)
	}
	return r.forbidsDelete(d, rec)
}

// forbidsForget returns why a message must not be forgotten: the next plan would delete it.
func (r *rechecker) forbidsForget(c *Change) string {
	x := r.in.exclusiveAt(c.Broker, c.Key.Topic)
	if x == nil || c.Before == nil {
		return ""
	}
	return fmt.Sprintf("%s at %s would delete it once it is forgotten", x.Address, place(&x.FilterBlock))
}

func (r *rechecker) forbidsUntracked(c *Change, d *spec.Message, rec *state.Record) string {
	switch {
	case d != nil:
		return "it is declared, so no exclusive block deletes it"
	case rec != nil:
		return "it is recorded, so no exclusive block deletes it"
	case r.in.exclusiveAt(c.Broker, c.Key.Topic) == nil:
		return "no exclusive block deletes it any more"
	}
	return ""
}

// forbidsDelete returns why a message that is not untracked must not be deleted.
func (r *rechecker) forbidsDelete(d *spec.Message, rec *state.Record) string {
	switch {
	case rec == nil:
		return "the state does not record it"
	case d != nil && d.PreventDestroy || d == nil && rec.PreventDestroy:
		return "prevent_destroy forbids its delete"
	case d != nil && d.OnDestroy == "forget" || d == nil && rec.OnDestroy == "forget":
		return `on_destroy = "forget" forbids its delete`
	case d != nil && r.mode != DestroyAll:
		return "it is declared"
	}
	return ""
}

func place(b *spec.FilterBlock) string {
	return fmt.Sprintf("%s:%d", b.Range.Filename, b.Range.Start.Line)
}
