package plan

// Selector is one -target, -exclude or -republish: an address or an MQTT topic
// filter. An address without an instance key selects every instance.
type Selector struct {
	Address string
	Filter  string // set where Address is not
}
