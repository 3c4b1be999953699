package server

// session is one client's connection; a session does not outlive it.
type session struct{}

// fanOut hands a message to everybody who subscribed to it.
func (b *Broker) fanOut(j job) {}
