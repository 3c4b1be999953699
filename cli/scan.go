package cli

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

// observeOne observes one broker for a plan. Where undeclared messages are to be found it
// scans first: what that shows of known topics is believed, and what it does not
// show is settled by exact reads, as is every undeclared message before it is
// called one.
func (s *session) observeOne(ctx context.Context, r broker.Reader, in plan.Input, b *plan.Broker) error {
	blocks := in.Exclusives(*b)
	scanned, err := s.scan(ctx, r, filtersOf(blocks), b.Name)
	switch {
	case errors.Is(err, broker.ErrNoScan):
		return unscannable(blocks[0], err)
	case err != nil:
		return err
	}
	b.Unsure = scanned.Reasons
	believed := map[string]mqtt.Retained{}
	topics := slices.DeleteFunc(in.Topics(*b), func(topic string) bool {
		m, shown := scanned.Live[topic]
		if shown {
			believed[topic] = m
		}
		return shown
	})
	if len(scanned.Live) > 0 {
		topics = append(topics, in.Strangers(*b, scanned.Live)...)
	}
	start := time.Now()
	if b.Observed, err = r.Read(ctx, topics); err != nil {
		return err
	}
	s.log("read %d topics of broker %s in %s: %d live, %d unread", len(topics), b.Name, time.Since(start), len(b.Observed.Live), len(b.Observed.Unread))
	if b.Observed.Live == nil {
		b.Observed.Live = believed
	}
	maps.Copy(b.Observed.Live, believed)
	return nil
}

// scan finds what is live within exclusive filters; nothing where there are none.
func (s *session) scan(ctx context.Context, r broker.Reader, filters []string, name string) (broker.Inventory, error) {
	if len(filters) == 0 {
		return broker.Inventory{Complete: true}, nil
	}
	scanner, ok := r.(broker.Scanner)
	if !ok {
		return broker.Inventory{}, broker.ErrNoScan
	}
	start := time.Now()
	found, err := scanner.Scan(ctx, filters)
	s.log("scanned broker %s for %q in %s: %d live, complete %t", name, filters, time.Since(start), len(found.Live), found.Complete)
	return found, err
}

func filtersOf(blocks []spec.Exclusive) []string {
	filters := make([]string, len(blocks))
	for i, x := range blocks {
		filters[i] = x.Filter
	}
	return filters
}

// unscannable says that an exclusive block cannot be held on this broker.
func unscannable(x spec.Exclusive, err error) error {
	return fmt.Errorf("%w, so that %s (%s:%d) cannot find what is undeclared there. Remove the block, or plan the rest with -target", err, x.Address, x.Range.Filename, x.Range.Start.Line)
}
