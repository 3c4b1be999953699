package broker

import (
	"context"
	"maps"

	"github.com/retainctl/retainctl/mqtt"
)

// maxHangUps bounds how often a broker may hang up on one Read: enough to find
// a few bad topics among 100,000.
const maxHangUps = 60

// suspects are topics to read; alone where the only one was lost before.
type suspects struct {
	topics []string
	alone  bool
}

// Read reads the topics. A broker that hangs up may dislike a single one, as
// mosquitto does one of more than 200 levels: the topics are halved until it
// stands alone, and is lost once more, so that it is named and the others are
// read.
func (b *mqttBroker) Read(ctx context.Context, topics []string) (mqtt.Observation, error) {
	all := mqtt.Observation{Live: map[string]mqtt.Retained{}, Unread: map[string]error{}}
	hangUps := 0
	for groups := []suspects{{topics: topics}}; len(groups) > 0; {
		group := groups[len(groups)-1]
		groups = groups[:len(groups)-1]
		c, err := b.connection(ctx)
		if err != nil && hangUps > 0 && ctx.Err() == nil {
			return all, nil // what is left is unread for the hang-up's reason
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
		if !c.HungUp() {
			continue
		}
		if hangUps++; hangUps < maxHangUps {
			groups = append(groups, group.rest(lostTopics(group.topics, seen, c.Err()))...)
		}
	}
	return all, nil
}

// rest is what is worth another try of the topics that the end of the connection
// left unread.
func (s suspects) rest(lost []string) []suspects {
	switch {
	case len(lost) > 1:
		return []suspects{{topics: lost[len(lost)/2:]}, {topics: lost[:len(lost)/2]}}
	case len(lost) == 1 && !s.alone:
		return []suspects{{topics: lost, alone: true}}
	}
	return nil
}

// lostTopics are those that the end of the connection left unread.
func lostTopics(topics []string, seen mqtt.Observation, end error) []string {
	var lost []string
	for _, t := range topics {
		if seen.Unread[t] == end {
			lost = append(lost, t)
		}
	}
	return lost
}
