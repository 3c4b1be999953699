package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/observe"
	"github.com/retainctl/retainctl/render"
)

// imported is what import read from a broker.
type imported struct {
	live     map[string]mqtt.Retained // by topic
	identity string                   // of the broker
	can      mqtt.Capabilities        // of the broker
}

// findLive scans the filters that have wildcards. Then it reads every topic that the scan found or
// that has no wildcard by its name, because what a scan showed may have changed since.
func (i importing) findLive(ctx context.Context, filters []string) (imported, error) {
	scanned := map[string]mqtt.Retained{}
	known := func(_, topic string) (mqtt.Retained, bool) {
		m, ok := scanned[topic]
		return m, ok && !m.Modified.IsZero()
	}
	options := broker.Options{Log: i.s.log, Parallelism: i.f.parallelism, Known: known}
	r, err := broker.OpenReader(ctx, i.block, options)
	if err != nil {
		return imported{}, worded(observe.Unusable(ctx, i.block.Name, err))
	}
	defer r.Close()
	fmt.Fprintf(i.s.Stderr, "Reading broker %s...\n", render.Escape(i.block.Name))
	wild, topics := divide(filters)
	if scanned, err = i.scan(ctx, r, wild); err != nil {
		return imported{}, err
	}
	if len(scanned) > 0 {
		fmt.Fprintf(i.s.Stderr, "Found %s, reading each by its topic...\n", render.Count(len(scanned), "message"))
	}
	topics = slices.AppendSeq(topics, maps.Keys(scanned))
	slices.Sort(topics)
	seen, err := r.Read(ctx, slices.Compact(topics))
	if err != nil {
		return imported{}, worded(observe.Unusable(ctx, i.block.Name, err))
	}
	if len(seen.Unread) > 0 {
		topic := slices.Min(slices.Collect(maps.Keys(seen.Unread)))
		return imported{}, failure("Topics that could not be read", fmt.Sprintf(
			"%s, the first %q: %s. Nothing was written, because what is live there is not known.",
			render.Count(len(seen.Unread), "topic"), topic, seen.Unread[topic]))
	}
	return imported{seen.Live, r.Info().Identity, r.Info().Capabilities}, nil
}

// divide separates filters with wildcards from topics.
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

// scan finds messages by wildcard filters, and warns if there may be more.
func (i importing) scan(ctx context.Context, r broker.Reader, filters []string) (map[string]mqtt.Retained, error) {
	inventory, err := observe.Scan(ctx, r, i.block.Name, filters, observe.Options{Log: i.s.log})
	switch {
	case errors.Is(err, broker.ErrNoScan):
		return nil, failure("Messages cannot be found by a wildcard here", fmt.Sprintf(
			"Broker %q shows no retained messages to wildcard subscriptions. Name the topics themselves: retainctl "+
				"import TOPIC...", i.block.Name))
	case err != nil:
		return nil, worded(observe.Unusable(ctx, i.block.Name, err))
	case len(filters) > 0 && !inventory.Complete:
		i.s.warn("There may be more messages",
			"The scan is not known to be complete: "+strings.Join(inventory.Reasons, "; ")+
				". What was found is imported; a message that is missing can be imported by its topic, or by a narrower "+
				"filter.")
	}
	maps.DeleteFunc(inventory.Live, func(topic string, _ mqtt.Retained) bool {
		return strings.HasPrefix(topic, "$")
	})
	return inventory.Live, nil
}

// selectsNothing returns the filters that no live topic matches.
func selectsNothing(filters []string, live map[string]mqtt.Retained) []string {
	return slices.DeleteFunc(slices.Clone(filters), func(filter string) bool {
		for topic := range live {
			if mqtt.Match(filter, topic) {
				return true
			}
		}
		return false
	})
}
