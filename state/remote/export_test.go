package remote

import "time"

// Answering has a server answer within less than the usual time.
func (o Options) Answering(within time.Duration) Options {
	o.answer = within
	return o
}
