package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

const (
	// batchSize bounds how many changes are under way between a conflict check and the read-back:
	// the window in which somebody else's write can be overwritten.
	batchSize = 1000
	// saveTimeout bounds the last write of the state. Stores bound their attempts themselves, by
	// the size of the state; this is for one that does not.
	saveTimeout = 10 * time.Minute
)

// Run carries out a plan against the snapshot that it was made from (nil before the first apply).
// The error is one that kept the run from beginning, and the report is nil then; the outcomes of
// single changes are in the report.
//
// When ctx is cancelled, Run begins no further publish, waits for what is in flight, saves the
// state and returns a report with Interrupted set.
func Run(ctx context.Context, p *plan.Plan, prior *state.Snapshot, o Options) (*Report, error) {
	r, err := newRun(p, prior, o)
	if err != nil {
		return nil, err
	}
	r.emit(Started{Total: len(p.Changes)})
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	for _, stage := range stages(p.Changes) {
		r.stage(ctx, stage)
	}
	r.end(ctx)
	return r.report, nil
}

// run is the state of one call of Run.
type run struct {
	Options
	plan    *plan.Plan
	state   *state.Snapshot
	report  *Report
	waiting waiting
	proven  map[state.Identity]bool  // its canary or its capability proved that it stores what it acknowledges
	stopped map[state.Identity]error // why nothing more is published there
	hangUps map[state.Identity]int   // how often it hung up on the first changes, before any was stored
	unread  map[state.Identity]int   // failed reads in a row
	foreign map[state.Identity]int   // how many acknowledged changes were read back as somebody else's message

	repinned bool // a broker block was renamed, which no change of the plan shows
}

func newRun(p *plan.Plan, prior *state.Snapshot, o Options) (*run, error) {
	for i := range p.Changes {
		c := &p.Changes[i]
		to, ok := o.To[c.Key.Broker]
		if !ok {
			return nil, fmt.Errorf("apply plan: no connection to the broker %s of %s", c.Key.Broker, c.Address)
		}
		if err := mayPublish(c, to.Limits); err != nil {
			return nil, fmt.Errorf("%s (%q): %w", c.Address, c.Key.Topic, err)
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	next, err := successor(prior)
	if err != nil {
		return nil, err
	}
	own := *p // the caller's plan stays as it is
	own.Changes, own.StateOnly = slices.Clone(p.Changes), slices.Concat(p.StateOnly, p.Drift)
	p = &own
	if prior == nil {
		p.Rekey(next.DigestKey)
	}
	r := &run{
		Options: o, plan: p, state: next,
		report:  &Report{Results: make([]Result, len(p.Changes))},
		waiting: newWaiting(),
		proven:  map[state.Identity]bool{},
		stopped: map[state.Identity]error{},
		hangUps: map[state.Identity]int{},
		unread:  map[state.Identity]int{},
		foreign: map[state.Identity]int{},
	}
	for id, to := range o.To {
		r.proven[id] = to.AckProvesStorage || o.SkipVerify
	}
	return r, nil
}

// comparer compares what a broker shows now with the plan and the state.
func (r *run) comparer(id state.Identity) plan.Comparer {
	return plan.Comparer{Capabilities: r.To[id].Capabilities, Key: r.state.DigestKey}
}

// successor returns the snapshot that a run changes: a copy of prior, or a new one.
func successor(prior *state.Snapshot) (*state.Snapshot, error) {
	if prior == nil {
		return state.NewSnapshot()
	}
	return prior.Clone(), nil
}

// begin does what needs no publish, writes the backup, and saves what is about to be published.
// From here on a kill loses nothing.
func (r *run) begin(ctx context.Context) error {
	pins := map[state.Identity]state.Pin{}
	for _, b := range r.plan.Brokers {
		pins[b.Identity] = state.Pin{Type: b.Type, Name: b.Name}
	}
	r.repinned = r.state.Pin(pins) && r.state.Serial > 0 // a pin alone does not create a state
	for i := range r.plan.StateOnly {
		r.record(&r.plan.StateOnly[i])
	}
	publishes := 0
	for i := range r.plan.Changes {
		c := &r.plan.Changes[i]
		r.report.Results[i] = Result{Change: c, Outcome: Cancelled}
		if _, ok := c.Publish(); ok {
			r.state.Pending[c.Key] = c.Pending()
			publishes++
		}
	}
	if publishes == 0 {
		return nil
	}
	if err := r.backUp(); err != nil {
		return err
	}
	if err := r.Save(ctx, r.state); err != nil {
		return fmt.Errorf("save what is about to be published: %w", err)
	}
	return nil
}

// end saves what was done, even after an interruption.
func (r *run) end(ctx context.Context) {
	r.report.Interrupted = ctx.Err() != nil
	r.report.State = r.state
	for _, res := range r.report.Results {
		if res.Outcome == Cancelled {
			delete(r.state.Pending, res.Change.Key) // never sent
		}
	}
	r.stamp(ctx)
	if len(r.plan.Changes)+len(r.plan.StateOnly) > 0 || r.repinned {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
		defer cancel()
		r.report.SaveErr = r.Save(ctx, r.state)
	}
	r.emit(Ended{Report: r.report})
}

// record writes the result of a change into the state, and removes its pending entry.
func (r *run) record(c *plan.Change) {
	delete(r.state.Pending, c.Key)
	if c.Record() == nil {
		delete(r.state.Records, c.Key)
		return
	}
	rec := *c.Record() // a copy: the pending entry of a saved snapshot points to the record
	if _, published := c.Publish(); published {
		rec.UpdatedAt = r.Now().UTC().Truncate(time.Second)
	}
	r.state.Records[c.Key] = rec
}

// finish notes how a change ended. The pending entry of a failed publish stays for the next plan to
// settle, unless a read already showed what became of it.
func (r *run) finish(i int, outcome Outcome, err error, live *mqtt.Message) {
	res := &r.report.Results[i]
	res.Outcome, res.Err, res.Live = outcome, err, live
	switch outcome {
	case Done:
		r.record(res.Change)
	case Failed:
	default:
		delete(r.state.Pending, res.Change.Key)
	}
	if outcome != Done {
		r.waiting.fail(res.Change)
	}
	r.emit(Progressed{Result: *res})
}

func (r *run) emit(e Event) {
	if r.Event != nil {
		r.Event(e)
	}
}

// stage carries out changes that do not wait for one another, broker by broker.
func (r *run) stage(ctx context.Context, indices []int) {
	byBroker, imports := map[state.Identity][]int{}, map[state.Identity][]int{}
	for _, i := range indices {
		if ctx.Err() != nil {
			return
		}
		c := r.report.Results[i].Change
		if cause := r.waiting.blocked(c); cause != "" {
			r.finish(i, Skipped, errors.New(cause), nil)
		} else if c.Action == plan.Import {
			imports[c.Key.Broker] = append(imports[c.Key.Broker], i)
		} else if _, publishes := c.Publish(); !publishes {
			r.finish(i, Done, nil, nil)
		} else {
			byBroker[c.Key.Broker] = append(byBroker[c.Key.Broker], i)
		}
	}
	for _, b := range r.plan.Brokers {
		r.adoptAll(ctx, b.Identity, imports[b.Identity])
		r.publishAll(ctx, b.Identity, byBroker[b.Identity])
	}
}

// adoptAll records live messages that are still as they were planned. One that somebody replaced
// since is not ours: once recorded, the next plan would replace it as drift.
func (r *run) adoptAll(ctx context.Context, to state.Identity, indices []int) {
	for batch := range slices.Chunk(indices, batchSize) {
		if ctx.Err() != nil {
			return
		}
		if err := r.stopped[to]; err != nil {
			r.skipRest(batch, err)
			continue
		}
		clean, _ := r.checkConflicts(ctx, to, batch)
		for _, i := range clean {
			r.finish(i, Done, nil, nil)
		}
	}
}

// publishAll publishes in batches. On a broker whose acknowledgement proves nothing the first
// change is the canary and goes alone: if it cannot be read back, thousands more would not be
// stored either (mosquitto with retain turned off, a missing read right).
func (r *run) publishAll(ctx context.Context, to state.Identity, indices []int) {
	for len(indices) > 0 && ctx.Err() == nil {
		if err := r.stopped[to]; err != nil {
			r.skipRest(indices, err)
			return
		}
		n := min(batchSize, len(indices))
		if !r.proven[to] {
			n = 1
		}
		r.batch(ctx, r.To[to], to, indices[:n])
		indices = indices[n:]
	}
}

func (r *run) skipRest(indices []int, cause error) {
	for _, i := range indices {
		r.finish(i, Skipped, cause, nil)
	}
}

// publish sends a batch and returns, by index, the broker's answer to each message that was sent;
// nil is an acknowledgement. What was not sent has no entry.
func (r *run) publish(ctx context.Context, to Destination, indices []int) map[int]error {
	messages := make([]mqtt.Message, len(indices))
	for n, i := range indices {
		messages[n], _ = r.report.Results[i].Change.Publish()
	}
	answers := make(map[int]error, len(indices))
	to.Publish(ctx, messages, func(n int, err error) {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			return // never sent
		}
		answers[indices[n]] = err
	})
	return answers
}
