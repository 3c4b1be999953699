package mqtt

// Capabilities are the differences between brokers that planning and applying must
// know. A broker announces them when it is opened; nothing asks which broker it is.
type Capabilities struct {
	Readable         Fields // what a read shows; the rest is compared with the record
	AckProvesStorage bool   // no read-back after a write
	ExpiryCountsDown bool   // a read shows the remaining time, not the declared one
	Limits           Limits // as the broker announced them
	Quota            Quota
}

// ShowsExpiry reports whether a read shows how much of a message's expiry is left.
func (c Capabilities) ShowsExpiry() bool { return c.ExpiryCountsDown && c.Readable.Has(FieldExpiry) }

// Quota is what a broker's account may use and what it is billed by. A zero field is
// something that the broker neither limits nor meters.
type Quota struct {
	PublishRate float64 // publishes a second
	ReadRate    float64 // exact reads a second
	UnitBytes   int     // what is billed as one unit
}
