package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/observe"
	"github.com/retainctl/retainctl/render"
)

// findLive reads the live messages within the filters, and prints how far it has come.
func (i importing) findLive(ctx context.Context, filters []string) (observe.Found, error) {
	found, err := observe.Live(ctx, i.block, filters, observe.Options{
		Log: i.s.log, Parallelism: i.f.parallelism,
		Opened: func(broker string) {
			fmt.Fprintf(i.s.Stderr, "Reading broker %s...\n", render.Escape(broker))
		},
		Scanned: i.scanned,
	})
	var unscannable *observe.UnscannableError
	var unread *observe.UnreadError
	switch {
	case errors.As(err, &unscannable):
		return found, failure("Messages cannot be found by a wildcard here", fmt.Sprintf(
			"Broker %q shows no retained messages to wildcard subscriptions. Name the topics themselves: retainctl "+
				"import TOPIC...", unscannable.Name))
	case errors.As(err, &unread):
		topic := slices.Min(slices.Collect(maps.Keys(unread.Topics)))
		return found, failure("Topics that could not be read", fmt.Sprintf(
			"%s, the first %q: %s. Nothing was written, because what is live there is not known.",
			render.Count(len(unread.Topics), "topic"), topic, unread.Topics[topic]))
	case err != nil:
		return found, worded(err)
	}
	return found, nil
}

// scanned prints what a scan found, and warns if there may be more.
func (i importing) scanned(messages int, complete bool, reasons []string) {
	if !complete {
		i.s.warn("There may be more messages",
			"The scan is not known to be complete: "+strings.Join(reasons, "; ")+
				". What was found is imported; a message that is missing can be imported by its topic, or by a narrower "+
				"filter.")
	}
	if messages > 0 {
		fmt.Fprintf(i.s.Stderr, "Found %s, reading each by its topic...\n", render.Count(messages, "message"))
	}
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
