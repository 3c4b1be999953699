package mqtt

// Capabilities are the differences between brokers that planning and applying must know.
// They are known when a broker is opened; no code asks which kind of broker it is.
type Capabilities struct {
	Readable         Fields // the fields that a read shows; the others are compared with the record
	AckProvesStorage bool   // an acknowledged publish needs no read-back
	ExpiryCountsDown bool   // a read shows the remaining time instead of the declared one
	Limits           Limits // as the broker announced them; zero limits nothing
	Quota            Quota  // of the broker's account; zero if there is none
}

// ShowsExpiry reports whether a read shows how much time remains until a message expires.
func (c Capabilities) ShowsExpiry() bool { return c.ExpiryCountsDown && c.Readable.Has(FieldExpiry) }

// Quota is what a broker's account may use and how its use is billed. A zero field means that
// the broker does not limit or meter it.
type Quota struct {
	PublishRate float64 // publishes per second
	ReadRate    float64 // exact reads per second
	UnitBytes   int     // size of a billed unit in bytes
}
