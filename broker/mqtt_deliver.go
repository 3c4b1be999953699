package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/broker/client"
	"github.com/retainctl/retainctl/mqtt"
)

// delivery publishes messages over one lane. A broker that hangs up in the middle
// may dislike a single message, as mosquitto does one with a control character in
// a property: of those that it left without an answer the halves are sent again,
// until that one stands alone, is named, and the others are through. To publish a
// retained message twice does no harm.
type delivery struct {
	lane  *lane
	batch []mqtt.Message
	done  func(i int, err error)
	last  map[int]*client.LostError // why the messages that are still open were lost
}

// hangUpError is a message that a broker ends the connection for.
type hangUpError struct {
	topic string
	err   error
}

func (e *hangUpError) Error() string {
	return fmt.Sprintf("the broker hangs up on the message at %q, also when nothing else is sent: something in it, "+
		"such as a control character in a property, is an error to it, or it retains nothing at all: %s", e.topic, e.err)
}

func (e *hangUpError) Unwrap() error { return e.err }

// HangsUp tells apply that the broker may do the same for every other message.
func (e *hangUpError) HangsUp() bool { return true }

// part is some messages, by index; suspect where they were lost before.
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

// try publishes and gives those that the end of the connection left open.
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

// lose notes why a message is still open. One that was sent before may have been stored
// then, also where it was not sent again.
func (d *delivery) lose(i int, why *client.LostError) {
	if was := d.last[i]; was == nil || why.Sent || !was.Sent {
		d.last[i] = why
	}
}

// abandon settles what is open by what became of it, or by err.
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
