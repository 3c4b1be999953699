package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// readOne observes one broker for a plan. If the plan looks for untracked messages it scans
// first. Known topics that the scan shows are live. Exact reads determine the known topics that
// it does not show, and each topic that seems to be untracked.
func readOne(
	ctx context.Context, r broker.Reader, begun *plan.Begun, what plan.Reading, o Options,
) (plan.Observation, error) {
	name := what.Broker.Name
	scanned, err := scan(ctx, r, name, filtersOf(what.Exclusives), o)
	switch {
	case errors.Is(err, broker.ErrNoScan):
		return plan.Observation{}, unscannable(what.Exclusives[0], err)
	case err != nil:
		return plan.Observation{}, err
	}
	assumed := map[string]mqtt.Retained{}
	topics := slices.DeleteFunc(what.Topics, func(topic string) bool {
		m, shown := scanned.Live[topic]
		if shown {
			assumed[topic] = m
		}
		return shown
	})
	if len(scanned.Live) > 0 {
		topics = append(topics, begun.Untracked(what.Broker.Identity, scanned.Live)...)
	}
	start := time.Now()
	seen, err := r.Read(ctx, topics)
	if err != nil {
		return plan.Observation{}, err
	}
	o.log("read %d topics of broker %s in %s: %d live, %d unread",
		len(topics), name, time.Since(start), len(seen.Live), len(seen.Unread))
	if seen.Live == nil {
		seen.Live = assumed
	}
	maps.Copy(seen.Live, assumed)
	spared := begun.Spared(what.Broker.Identity, scanned.Live)
	return plan.Observation{Observation: seen, Unsure: scanned.Reasons, Spared: spared}, nil
}

// scan returns what is live on a broker at topics that match the filters. name is the label of
// the broker's block, for the log. Without filters it returns an empty, complete inventory. The
// error wraps broker.ErrNoScan if the broker cannot be scanned.
func scan(ctx context.Context, r broker.Reader, name string, filters []string, o Options) (broker.Inventory, error) {
	if len(filters) == 0 {
		return broker.Inventory{Complete: true}, nil
	}
	scanner, ok := r.(broker.Scanner)
	if !ok {
		return broker.Inventory{}, broker.ErrNoScan
	}
	start := time.Now()
	found, err := scanner.Scan(ctx, filters)
	o.log("scanned broker %s for %q in %s: %d live, complete %t",
		name, filters, time.Since(start), len(found.Live), found.Complete)
	return found, err
}

func filtersOf(blocks []spec.Exclusive) []string {
	filters := make([]string, len(blocks))
	for i, x := range blocks {
		filters[i] = x.Filter
	}
	return filters
}

// unscannable explains that an exclusive block cannot work on this broker.
func unscannable(x spec.Exclusive, err error) error {
	const advice = "%w, so %s (%s:%d) cannot find what is undeclared there. " +
		"Remove the block, or plan the rest with -target"
	return fmt.Errorf(advice, err, x.Address, x.Range.Filename, x.Range.Start.Line)
}
