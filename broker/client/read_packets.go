package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

func (r *reading) until(ctx context.Context, what string, reached func() bool) error {
	for !reached() {
		if err := r.take(ctx, what, nil); err != nil {
			return err
		}
	}
	return nil
}

// take waits for packets and handles them. It fails if an awaited answer was lost, or has not come
// for too long.
func (r *reading) take(ctx context.Context, what string, open []*batch) error {
	until := r.last.Add(min(probeAfter, r.c.o.Timeout))
	if !r.probe.sent.IsZero() {
		until = time.Now().Add(probeAfter / 4)
	}
	packets, err := r.wait(ctx, until)
	if err != nil {
		return err
	}
	if err := r.handle(packets, open); err != nil {
		return err
	}
	return r.doubtful(r.last, what)
}

func (r *reading) handle(packets []wire.Packet, open []*batch) error {
	for _, p := range packets {
		switch p := p.(type) {
		case *wire.Publish:
			r.message(p)
		case *wire.Suback:
			r.granted(p, open)
		case *wire.Pingresp:
			r.progress(r.c.ponged() && slices.ContainsFunc(open, func(b *batch) bool { return b.ping == r.c.pongs }))
		case *wire.Unsuback:
			r.progress(r.unsubs[p.PacketID])
			delete(r.unsubs, p.PacketID)
		case *wire.Ack:
			if p.Type == wire.PUBREL {
				r.replies = reply(r.replies, &wire.Ack{Type: wire.PUBCOMP, PacketID: p.PacketID}, r.c.o.Version)
			}
		}
	}
	if err := r.fits(); err != nil || len(r.replies) == 0 {
		return err
	}
	_, err := r.c.write(r.replies, 0)
	r.replies = r.replies[:0]
	return err
}

// progress restarts the wait for an answer.
func (r *reading) progress(made bool) {
	if made {
		r.last = time.Now()
	}
}

// message handles a retained message: a stored one, or one that is being published now. An empty
// one is a delete that happens now.
func (r *reading) message(p *wire.Publish) {
	r.replies = receipt(r.replies, p, r.c.o.Version)
	topic := p.Message.Topic
	if !p.Retain || !r.wanted(topic) {
		return
	}
	if p.Message.IsDeletion() && p.Skipped == 0 {
		r.clear(topic)
		return
	}
	if !r.keep(p) {
		return
	}
	r.news++
	r.progress(true)
	if r.missed[topic] {
		// It came after the PINGRESP of its batch, which therefore proves nothing on this broker:
		// only a long silence does.
		delete(r.missed, topic)
		r.late = append(r.late, topic)
		r.c.quiet = max(r.c.quiet, r.c.late)
	}
}

// wanted reports whether a topic was asked for.
func (r *reading) wanted(topic string) bool {
	return r.asked[topic] || slices.ContainsFunc(r.filters, func(f string) bool { return mqtt.Match(f, topic) })
}

// granted handles a SUBACK, which may come before or after the messages. One that comes again brings
// nothing new.
func (r *reading) granted(p *wire.Suback, open []*batch) {
	for _, b := range open {
		if b.id != p.PacketID || b.acked {
			continue
		}
		b.acked = true
		r.progress(true)
		for i, t := range b.topics {
			switch {
			case i >= len(p.ReasonCodes):
				r.obs.Unread[t] = errors.New("the broker answered the subscription with too few reason codes")
			case p.ReasonCodes[i].Failed():
				r.obs.Unread[t] = &ReasonError{Did: "the broker refused to let the topic be read",
					Code: p.ReasonCodes[i], Reason: r.c.o.said(p.ReasonString)}
			}
		}
	}
}
