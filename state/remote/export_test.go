package remote

import "time"

// Reading sets the longest state.
func (o Options) Reading(most int) Options {
	o.longest = most
	return o
}

// Answering sets a shorter time within which a server must answer.
func (o Options) Answering(within time.Duration) Options {
	o.answer = within
	return o
}
