package broker

import (
	"context"
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
)

var _ Scanner = (*awsIoT)(nil)

// Scan goes through the list of the account's messages, which has no filter and no payloads, and
// reads what matches and has changed since it was recorded. The list has an end marker, so the
// inventory is complete unless a match could not be read.
func (t *awsIoT) Scan(ctx context.Context, filters []string) (Inventory, error) {
	seen := mqtt.Observation{Live: make(map[string]mqtt.Retained), Unread: make(map[string]error)}
	if len(filters) == 0 {
		return Inventory{Live: seen.Live, Complete: true}, nil
	}
	matches, err := t.listMatches(ctx, filters, seen.Live)
	if err == nil {
		err = t.readByGets(ctx, matches, &seen)
	}
	if err != nil {
		return Inventory{}, err
	}
	found := Inventory{Live: seen.Live, Complete: true}
	for _, topic := range matches {
		if err := seen.Unread[topic]; err != nil {
			found.Complete = false
			found.Reasons = []string{fmt.Sprintf("%d messages that match could not be read, the first: %s",
				len(seen.Unread), err)}
			break
		}
	}
	return found, nil
}

// listMatches returns the listed topics that match, except those that have not changed since they
// were recorded, which it adds to live.
func (t *awsIoT) listMatches(ctx context.Context, filters []string, live map[string]mqtt.Retained) (topics []string, err error) {
	for list := newListing(t); ; {
		rows, err := list.page(ctx)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			topic := *row.Topic
			if !slices.ContainsFunc(filters, func(f string) bool { return mqtt.Match(f, topic) }) {
				continue
			}
			topics = append(topics, topic)
			if m, ok := t.recorded(topic); ok && unmoved(m, row) {
				live[topic] = readable(m)
			}
		}
		if list.ended {
			return topics, nil
		}
	}
}
