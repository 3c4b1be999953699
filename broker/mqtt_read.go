package broker

import (
	"context"
	"errors"
	"maps"

	"github.com/retainctl/retainctl/broker/client"
	"github.com/retainctl/retainctl/mqtt"
)

// maxHangUps bounds how often a broker may hang up during one Read: enough to find a few bad topics
// among 100,000.
const maxHangUps = 60

// suspects are topics to read. alone means that it is a single topic, which was lost before.
type suspects struct {
	topics []string
	alone  bool
}

// Read reads the topics. A broker that hangs up may do so because of a single topic, as mosquitto
// does for one of more than 200 levels. So the topics are halved until that one is read alone and
// lost once more. It is named in the result, and the others are read.
func (b *mqttBroker) Read(ctx context.Context, topics []string) (mqtt.Observation, error) {
	all := mqtt.Observation{Live: map[string]mqtt.Retained{}, Unread: map[string]error{}}
	hangUps := 0
	for groups := []suspects{{topics: topics}}; len(groups) > 0; {
		group := groups[len(groups)-1]
		groups = groups[:len(groups)-1]
		c, err := b.connection(ctx)
		if err != nil && hangUps > 0 && ctx.Err() == nil {
			return all, nil // the rest is unread for the reason of the hang-up
		}
		if err != nil {
			return all, err
		}
		seen, err := c.Read(ctx, group.topics)
		if err != nil {
			return all, err
		}
		for _, t := range group.topics {
			delete(all.Unread, t)
		}
		maps.Copy(all.Live, seen.Live)
		maps.Copy(all.Unread, seen.Unread)
		lost := lostTopics(group.topics, seen, c.Err())
		switch {
		case errors.Is(c.Err(), client.ErrDropped):
			if b.askForLess(c) {
				groups = append(groups, suspects{topics: lost})
			}
		case c.HungUp():
			if hangUps++; hangUps < maxHangUps {
				groups = append(groups, group.rest(lost)...)
			}
		}
	}
	return all, nil
}

// askForLess makes the next connection ask for fewer topics at a time, because the broker's queue
// for a client is shorter than the usual batch assumes. It reports false if the batch cannot be
// smaller.
func (b *mqttBroker) askForLess(c *client.Client) bool {
	n := c.BatchTopics()
	b.options.BatchTopics = max(n/4, 1)
	b.log("broker %s: %v; asking for %d topics at a time instead of %d",
		b.options.Address, c.Err(), b.options.BatchTopics, n)
	return n > 1
}

// rest returns the topics left unread by the end of the connection that are worth another attempt.
func (s suspects) rest(lost []string) []suspects {
	switch {
	case len(lost) > 1:
		return []suspects{{topics: lost[len(lost)/2:]}, {topics: lost[:len(lost)/2]}}
	case len(lost) == 1 && !s.alone:
		return []suspects{{topics: lost, alone: true}}
	}
	return nil
}

// lostTopics returns the topics that the end of the connection left unread.
func lostTopics(topics []string, seen mqtt.Observation, end error) []string {
	var lost []string
	for _, t := range topics {
		if seen.Unread[t] == end {
			lost = append(lost, t)
		}
	}
	return lost
}
