package apply

import (
	"context"
	"time"

	"github.com/retainctl/retainctl/state"
)

// stampTimeout bounds the wait for times that only make the next plan faster.
const stampTimeout = 30 * time.Second

// dated is a Target that learns when its broker stored what was published through
// it. It names the topics only where the time is surely that of our own write:
// somebody else's would hide that somebody else wrote.
type dated interface {
	Modified(ctx context.Context) map[string]time.Time
}

// stamp records the brokers' own times of what was published, by which the next
// plan tells what moved since without reading it.
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
