package apply

import (
	"context"
	"time"

	"github.com/retainctl/retainctl/state"
)

// stampTimeout bounds the wait for the brokers' times, which only make the next plan faster.
const stampTimeout = 30 * time.Second

// dated is a Target that learns when its broker stored what was published through it. It returns
// the time of a topic only if it is certain to be that of our own write: with the time of somebody
// else's write, the next plan would not notice that write.
type dated interface {
	Modified(ctx context.Context) map[string]time.Time
}

// stamp records the brokers' own times of what was published. By them the next plan knows what has
// changed since, without reading it.
func (r *run) stamp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stampTimeout)
	defer cancel()
	for id, to := range r.To {
		target, ok := to.Target.(dated)
		if !ok {
			continue
		}
		for topic, at := range target.Modified(ctx) {
			key := state.Key{Broker: id, Topic: topic}
			if rec, ok := r.state.Records[key]; ok {
				rec.Modified = at
				r.state.Records[key] = rec
			}
		}
	}
}
