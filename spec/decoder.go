package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// decoder decodes the arguments of one instance of a message block into a Message.
type decoder struct {
	arguments
	x       *expansion
	brokers *brokerSet
	schemas schemas
	m       Message
}

// hideable reads a string for the field f, which is redacted if the string is sensitive.
func (d *decoder) hideable(name string, f mqtt.Fields) string {
	value, given := d.get(name, cty.String)
	if !given {
		return ""
	}
	return d.reveal(value, f)
}

// reveal returns a string without its marks, and redacts the field f if it was sensitive.
func (d *decoder) reveal(value cty.Value, f mqtt.Fields) string {
	if sensitive.Is(value) {
		d.m.Redaction.Fields |= f
	}
	value, _ = value.Unmark()
	return value.AsString()
}
