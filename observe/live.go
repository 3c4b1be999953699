package observe

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Found is what is live on a broker.
type Found struct {
	Live     map[string]mqtt.Retained // by topic
	Identity state.Identity
	mqtt.Capabilities
}

// Live finds the messages within topic filters on one broker, for whoever has no plan to
// read for. It scans by the filters that have a wildcard. Then it reads each message that
// it found, and each topic that was named, by its topic: what a scan showed may have
// changed since. Topics of the broker's own, which begin with "$", are left out.
//
// The error is an *UnusableError, an *UnscannableError, an *UnreadError or that of the
// context.
func Live(ctx context.Context, b spec.Broker, filters []string, o Options) (Found, error) {
	scanned := map[string]mqtt.Retained{}
	options := o.broker(nil)
	options.Known = func(_, topic string) (mqtt.Retained, bool) {
		m, ok := scanned[topic]
		return m, ok && !m.Modified.IsZero()
	}
	r, err := broker.OpenReader(ctx, b, options)
	if err != nil {
		return Found{}, unusable(ctx, b.Name, err)
	}
	defer r.Close()
	if o.Opened != nil {
		o.Opened(b.Name)
	}
	wild, topics := divide(filters)
	inventory, err := scan(ctx, r, b.Name, wild, o)
	switch {
	case errors.Is(err, broker.ErrNoScan):
		return Found{}, &UnscannableError{b.Name, err}
	case err != nil:
		return Found{}, unusable(ctx, b.Name, err)
	}
	maps.DeleteFunc(inventory.Live, func(topic string, _ mqtt.Retained) bool { return strings.HasPrefix(topic, "$") })
	if scanned = inventory.Live; o.Scanned != nil {
		o.Scanned(len(scanned), inventory.Complete, inventory.Reasons)
	}
	topics = slices.AppendSeq(topics, maps.Keys(scanned))
	slices.Sort(topics)
	seen, err := r.Read(ctx, slices.Compact(topics))
	switch {
	case err != nil:
		return Found{}, unusable(ctx, b.Name, err)
	case len(seen.Unread) > 0:
		return Found{}, &UnreadError{b.Name, seen.Unread}
	}
	return Found{seen.Live, state.Identity(r.Info().Identity), r.Info().Capabilities}, nil
}

// divide tells filters with a wildcard from topics.
func divide(filters []string) (wild, topics []string) {
	for _, f := range filters {
		if mqtt.IsFilter(f) {
			wild = append(wild, f)
		} else {
			topics = append(topics, f)
		}
	}
	return wild, topics
}
