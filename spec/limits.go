package spec

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/diag"
)

// limits reports violations of the limits of the message's broker.
func (d *decoder) limits() {
	if d.broken {
		return
	}
	for _, v := range d.brokers.limits[d.m.Broker].Check(d.m.Message) {
		d.broken = true
		d.sink.AddKind(kindOf(v.Reason), diag.Errorf(d.x.decl.FieldRange(v.Field), "Message that its broker would refuse",
			"%s.", d.violation(v)))
	}
}

// violation returns the reason of a violation, with the topic if it is about the topic.
func (d *decoder) violation(v mqtt.Violation) string {
	if v.Field != 0 {
		return diag.Capital(v.Reason)
	}
	return fmt.Sprintf("The topic %q cannot be used: %s", diag.Excerpt(d.m.Topic), v.Reason)
}

// kindOf returns a reason without its numbers, so that similar ones count as repeats.
func kindOf(reason string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, reason)
}

// schema checks the payload against the message's own schema.
func (d *decoder) schema() {
	value, given := d.plain("schema", cty.String)
	if !given || d.broken {
		return
	}
	s := d.usable(d.schemas, value.AsString())
	if d.broken {
		return
	}
	if summary, detail := s.check(&d.m); summary != "" {
		d.broken = true
		d.sink.Add(diag.Errorf(d.x.decl.ArgumentRange("payload", "payload_base64"), summary, "%s", detail))
	}
}
