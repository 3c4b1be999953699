package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/broker/client"
	"github.com/retainctl/retainctl/mqtt"
)

// delivery publishes messages over one lane. A broker that hangs up may do so because of a single
// message, as mosquitto does for a control character in a property. So the messages that it left
// without an answer are sent again by halves, until that one is found and named, and all others are
// delivered. Publishing a retained message twice does no harm.
type delivery struct {
	lane  *lane
	batch []mqtt.Message
	done  func(i int, err error)
	last  map[int]*client.LostError // why messages without an answer were lost
}

// hangUpError reports a message for which a broker ends the connection.
type hangUpError struct {
	topic string
	err   error
}

func (e *hangUpError) Error() string {
	return fmt.Sprintf("the broker hangs up on the message at %q, even if nothing else is sent: something in it, "+
		"such as a control character in a property, is an error to it, or it retains nothing at all: %s",
		e.topic, e.err)
}

func (e *hangUpError) Unwrap() error { return e.err }

// HangsUp marks an error after which the broker may do the same for every other message; see apply.
func (e *hangUpError) HangsUp() bool { return true }

// part is some of the messages, by index. They are suspect if they were lost before.
type part struct {
	at      []int
	suspect bool
}

func (d *delivery) run(ctx context.Context, at []int) {
	hangUps := 0
	for parts := []part{{at: at}}; len(parts) > 0; {
		p := parts[len(parts)-1]
		parts = parts[:len(parts)-1]
		c, err := d.lane.connection(ctx)
		if err != nil {
			d.abandon(append(parts, p), err)
			return
		}
		sent, unsent := d.try(ctx, c, p.at)
		if len(sent)+len(unsent) == 0 {
			continue
		}
		if hangUps++; ctx.Err() != nil || !c.HungUp() || hangUps == maxHangUps {
			d.abandon(append(parts, part{at: sent}, part{at: unsent}), c.Err())
			return
		}
		parts = append(parts, part{at: unsent, suspect: p.suspect})
		if len(p.at) == 1 && p.suspect && len(sent) == 1 {
			i := sent[0]
			d.done(i, &hangUpError{d.batch[i].Topic, c.Err()})
			continue
		}
		for _, half := range [][]int{sent[(len(sent)+1)/2:], sent[:(len(sent)+1)/2]} {
			parts = append(parts, part{at: half, suspect: true})
		}
	}
}

// try publishes messages, and returns those that the end of the connection left without an answer.
func (d *delivery) try(ctx context.Context, c *client.Client, at []int) (sent, unsent []int) {
	batch := make([]mqtt.Message, len(at))
	for k, i := range at {
		batch[k] = d.batch[i]
	}
	lost, wasSent := make([]bool, len(at)), make([]bool, len(at))
	c.Publish(ctx, batch, func(k int, err error) {
		var left *client.LostError
		if lost[k] = errors.As(err, &left); lost[k] {
			wasSent[k] = left.Sent
			d.lose(at[k], left)
			return
		}
		d.done(at[k], err)
	})
	for k, i := range at {
		switch {
		case wasSent[k]:
			sent = append(sent, i)
		case lost[k]:
			unsent = append(unsent, i)
		}
	}
	return sent, unsent
}

// lose notes why a message has no answer. If it was sent before, it may have been stored then, even
// if it was not sent again.
func (d *delivery) lose(i int, why *client.LostError) {
	if was := d.last[i]; was == nil || why.Sent || !was.Sent {
		d.last[i] = why
	}
}

// abandon finishes the messages without an answer, with the reason why each was lost, or with err.
func (d *delivery) abandon(parts []part, err error) {
	for _, p := range parts {
		for _, i := range p.at {
			if d.last[i] == nil {
				d.last[i] = &client.LostError{Err: err}
			}
			d.done(i, d.last[i])
		}
	}
}
