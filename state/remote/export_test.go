package remote

import "time"

// Answering sets a shorter time within which a server must answer.
func (o Options) Answering(within time.Duration) Options {
	o.answer = within
	return o
}
