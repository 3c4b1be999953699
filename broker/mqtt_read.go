package broker

import (
	"context"
	"maps"

	"github.com/retainctl/retainctl/mqtt"
)

// maxHangUps bounds how often a broker may hang up on one Read: enough to find
// a few bad topics among 100,000.
const maxHangUps = 60

// Read reads the topics. A broker that hangs up may dislike a single one, as
// mosquitto does one of more than 200 levels: the topics are halved until it
// stands alone, so that it is named and the others are read.
func (b *mqttBroker) Read(ctx context.Context, topics []string) (mqtt.Observation, error) {
	all := mqtt.Observation{Live: map[string]mqtt.Retained{}, Unread: map[string]error{}}
	hangUps := 0
	for groups := [][]string{topics}; len(groups) > 0; {
		group := groups[len(groups)-1]
		groups = groups[:len(groups)-1]
		c, err := b.connection(ctx)
		if err != nil && hangUps > 0 && ctx.Err() == nil {
			return all, nil // what is left is unread for the hang-up's reason
		}
		if err != nil {
			return all, err
		}
		seen, err := c.Read(ctx, group)
		if err != nil {
			return all, err
		}
		for _, t := range group {
			delete(all.Unread, t)
		}
		maps.Copy(all.Live, seen.Live)
		maps.Copy(all.Unread, seen.Unread)
		if !c.HungUp() {
			continue
		}
		lost := lostTopics(group, seen, c.Err())
		if hangUps++; len(lost) > 1 && hangUps < maxHangUps {
			groups = append(groups, lost[len(lost)/2:], lost[:len(lost)/2])
		}
	}
	return all, nil
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
