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
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
)

// importedBroker returns the block that is read: the one that is named, or the only one.
func importedBroker(c *spec.Config, name string) (spec.Broker, error) {
	names := make([]string, len(c.Brokers))
	for i, b := range c.Brokers {
		names[i] = b.Name
	}
	if name == "" && len(names) == 1 {
		return c.Brokers[0], nil
	}
	if b, ok := c.BrokerNamed(name); ok && name != "" {
		return b, nil
	}
	which := fmt.Sprintf("The configuration declares %s.", strings.Join(names, ", "))
	if name == "" {
		return spec.Broker{}, failure("Which broker?", which+" Name one with -broker=NAME.")
	}
	return spec.Broker{}, failure("No such broker", fmt.Sprintf("No block declares a broker %q. %s", name, which))
}

// imported is what a broker holds.
type imported struct {
	live     map[string]mqtt.Retained
	identity string
	can      broker.Capabilities
}

// findLive scans by the filters, and then reads by their topics the messages that it found
// and those that were named: what a wildcard shows is live, but may have changed since.
func findLive(ctx context.Context, s *session, b spec.Broker, filters []string, parallelism int) (imported, error) {
	scanned := map[string]mqtt.Retained{}
	options := broker.Options{Log: s.log, Parallelism: parallelism, Known: func(_, topic string) (mqtt.Retained, bool) {
		m, ok := scanned[topic]
		return m, ok && !m.Modified.IsZero()
	}}
	r, err := broker.OpenReader(ctx, b, options)
	if err != nil {
		return imported{}, unreachable(ctx, b, err)
	}
	defer r.Close()
	fmt.Fprintf(s.Stderr, "Reading broker %s...\n", render.Escape(b.Name))
	wild, topics := divide(filters)
	if scanned, err = scanFor(ctx, s, b, r, wild); err != nil {
		return imported{}, err
	}
	if len(scanned) > 0 {
		fmt.Fprintf(s.Stderr, "Found %s, reading each by its topic...\n", render.Count(len(scanned), "message"))
	}
	topics = slices.AppendSeq(topics, maps.Keys(scanned))
	slices.Sort(topics)
	seen, err := r.Read(ctx, slices.Compact(topics))
	if err != nil {
		return imported{}, unreachable(ctx, b, err)
	}
	if len(seen.Unread) > 0 {
		topic := slices.Min(slices.Collect(maps.Keys(seen.Unread)))
		return imported{}, failure("Topics that could not be read", fmt.Sprintf("%s, the first %q: %s. Nothing was written: what is there is not known.", render.Count(len(seen.Unread), "topic"), topic, seen.Unread[topic]))
	}
	return imported{seen.Live, r.Info().Identity, r.Info().Capabilities}, nil
}

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

// scanFor finds messages by wildcards, and warns if there may be more.
func scanFor(ctx context.Context, s *session, b spec.Broker, r broker.Reader, filters []string) (map[string]mqtt.Retained, error) {
	inventory, err := s.scan(ctx, r, filters, b.Name)
	switch {
	case errors.Is(err, broker.ErrNoScan):
		return nil, failure("Messages cannot be found by a wildcard here", fmt.Sprintf("Broker %q shows no retained messages to wildcard subscriptions. Name the topics themselves: retainctl import TOPIC...", b.Name))
	case err != nil:
		return nil, unreachable(ctx, b, err)
	case len(filters) > 0 && !inventory.Complete:
		s.warn("There may be more messages", "The scan is not known to be complete: "+strings.Join(inventory.Reasons, "; ")+". What was found is imported; a message that is missing can be imported by its topic, or by a narrower filter.")
	}
	maps.DeleteFunc(inventory.Live, func(topic string, _ mqtt.Retained) bool { return strings.HasPrefix(topic, "$") })
	return inventory.Live, nil
}
