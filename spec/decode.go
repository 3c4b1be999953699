package spec

import (
	"encoding/base64"
	"math"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// decode reads all arguments and reports whether they are valid.
func (d *decoder) decode() bool {
	decl := d.x.decl
	d.m.Name, d.m.Range = decl.Label, decl.At
	d.m.Broker = d.broker(d.brokers, "message")
	if d.m.Topic = decl.Label; d.attrs["topic"] != nil {
		d.topic()
	}
	d.payload()
	d.m.QoS = mqtt.QoS(d.whole("qos", 1, 0, 2))
	for f := range mqtt.Hideable.Rows() {
		if at, text := f.At(&d.m.Message).(*string); text {
			*at = d.hideable(f.Name, f.Bit)
		}
	}
	d.correlation()
	d.userProperties()
	if d.choice("payload_format_indicator", "UNSPECIFIED_BYTES", "UTF8_DATA") == mqtt.UTF8Data.String() {
		d.m.PayloadFormat = mqtt.UTF8Data
	}
	d.compare()
	d.expiry()
	d.schema()
	d.limits()
	return !d.broken
}

func (d *decoder) topic() {
	value, given := d.plain("topic", cty.String)
	if given {
		d.m.Topic = value.AsString()
	} else if !d.broken {
		d.wrong("topic", "Null topic",
			"topic is null. Give a topic, or remove the argument: then the topic is the block's label.")
	}
}

// payload reads the payload. Its bytes are exactly those that are declared, without any
// encoding. An empty payload is an error, because it would delete the message.
func (d *decoder) payload() {
	attrs := d.attrs
	switch {
	case attrs["payload"] != nil && attrs["payload_base64"] != nil:
		d.wrong("payload_base64", "Both payload and payload_base64",
			"A message has one payload. Use payload for text, or payload_base64 for bytes.")
		return
	case attrs["payload_base64"] != nil:
		d.m.Payload = d.base64("payload_base64", mqtt.FieldPayload)
	case attrs["payload"] != nil:
		d.payloadText(attrs["payload"])
	default:
		d.wrong("", "Missing payload",
			"A message needs payload or payload_base64. To delete the message of the topic, remove the block.")
		return
	}
	if d.is("sensitive") {
		d.m.Redaction.Fields |= mqtt.FieldPayload
	}
	if d.m.Redaction.Fields.Has(mqtt.FieldPayload) {
		d.m.Redaction.Leaves = nil
	}
}

func (d *decoder) payloadText(attr *hcl.Attribute) {
	value, ok := d.value(attr)
	switch {
	case !ok:
	case value.IsNull():
		d.wrong("payload", "Null payload", "%s", emptyPayload)
	case value.Type() != cty.String:
		d.wrong("payload", "Payload is not a string",
			"A payload must be a string, sent as its UTF-8 bytes, and this one is of type %s. Write jsonencode(...) to send "+
				"it as JSON, or tostring(...). (A lone \"${...}\" has the type of the value in it.)",
			value.Type().FriendlyName())
	default:
		all, leaves := sensitive.Parts(value)
		if all {
			d.m.Redaction.Fields |= mqtt.FieldPayload
		}
		d.m.Redaction.Leaves = leaves
		value, _ = value.Unmark()
		if d.m.Payload = []byte(value.AsString()); len(d.m.Payload) == 0 {
			d.wrong("payload", "Empty payload", "%s", emptyPayload)
		}
	}
}

const emptyPayload = "In MQTT an empty payload deletes the retained message, so a payload cannot be null or empty. " +
	"To delete the message of the topic, remove the block or the instance's key."

func (d *decoder) base64(name string, f mqtt.Fields) []byte {
	value, given := d.get(name, cty.String)
	if !given {
		if !d.broken && name == "payload_base64" {
			d.wrong(name, "Null payload", "%s", emptyPayload)
		}
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(d.reveal(value, f))
	switch {
	case err != nil:
		d.invalid(name,
			"%s must be base64, with the characters A-Z, a-z, 0-9, +, / and padding. Write base64encode(...) for "+
				"text, or filebase64(...) for a file.", name)
	case len(data) == 0 && name == "payload_base64":
		d.wrong(name, "Empty payload", "%s", emptyPayload)
	}
	return data
}

func (d *decoder) correlation() {
	if d.attrs["correlation_data"] != nil {
		d.m.CorrelationData = d.base64("correlation_data", mqtt.FieldCorrelationData)
	}
}

// userProperties reads the user properties, once for all instances if the argument is the
// same in each.
func (d *decoder) userProperties() {
	if d.x.common == nil {
		d.readProperties()
		if _, fixed := d.fixed["user_properties"]; fixed && !d.broken {
			d.x.common = &Message{OrderedProperties: d.m.OrderedProperties}
			d.x.common.UserProperties = slices.Clip(d.m.UserProperties)
			d.x.common.Redaction.Fields = d.m.Redaction.Fields & mqtt.FieldUserProperties
		}
		return
	}
	d.m.UserProperties, d.m.OrderedProperties = d.x.common.UserProperties, d.x.common.OrderedProperties
	d.m.Redaction.Fields |= d.x.common.Redaction.Fields
}

// readProperties reads a map, or a list if order or duplicates matter.
func (d *decoder) readProperties() {
	value, given := d.get("user_properties", cty.DynamicPseudoType)
	if !given {
		return
	}
	if sensitive.Is(value) {
		d.m.Redaction.Fields |= mqtt.FieldUserProperties
	}
	value, _ = value.UnmarkDeep()
	typ := value.Type()
	switch {
	case typ.IsMapType() || typ.IsObjectType():
		for it := value.ElementIterator(); it.Next(); {
			name, text := it.Element()
			d.property(name, text)
		}
		d.m.UserProperties = mqtt.SortUserProperties(d.m.UserProperties)
	case typ.IsListType() || typ.IsTupleType():
		d.m.OrderedProperties = true
		for it := value.ElementIterator(); it.Next(); {
			_, pair := it.Element()
			if pair.IsNull() || !pair.CanIterateElements() || !has(pair, "name") || !has(pair, "value") {
				d.invalid("user_properties",
					"The elements of a list of user properties must be { name = ..., value = ... }.")
				return
			}
			d.property(entry(pair, "name"), entry(pair, "value"))
		}
	default:
		d.invalid("user_properties",
			"User properties are a map of strings, or a list of { name = ..., value = ... } if order or duplicates "+
				"matter; this is %s.", typ.FriendlyName())
	}
}

// has reports whether a value is an object or a map with that key.
func has(v cty.Value, name string) bool {
	if v.Type().IsObjectType() {
		return v.Type().HasAttribute(name)
	}
	return v.Type().IsMapType() && v.HasIndex(cty.StringVal(name)).True()
}

func entry(v cty.Value, name string) cty.Value {
	if v.Type().IsObjectType() {
		return v.GetAttr(name)
	}
	return v.Index(cty.StringVal(name))
}

func (d *decoder) property(name, text cty.Value) {
	name, nameErr := convert.Convert(name, cty.String)
	text, textErr := convert.Convert(text, cty.String)
	if nameErr != nil || textErr != nil || name.IsNull() || text.IsNull() {
		d.invalid("user_properties",
			"Names and values of user properties are strings, and not null. To leave out a property, use a for "+
				"expression with an if.")
		return
	}
	d.m.UserProperties = append(d.m.UserProperties, mqtt.UserProperty{Name: name.AsString(), Value: text.AsString()})
}

// compare reads how payloads are compared.
func (d *decoder) compare() {
	d.m.CompareBytes = d.choice("compare", "json", "bytes") == "bytes"
	if d.m.CompareBytes && len(d.m.IgnoreLeaves) > 0 {
		d.wrong("compare", "Bytes compared with ignored paths",
			"compare = \"bytes\" makes every byte of the payload count, and ignore_changes leaves paths of it to somebody "+
				"else, who writes the whole document again. Remove one of the two.")
	}
}

// expiry reads message_expiry, which a packet has in seconds as 32 bits (3.3.2.3.3), and
// renew_before.
func (d *decoder) expiry() {
	expiry := d.duration("message_expiry")
	switch {
	case expiry == 0:
	case expiry < 0 || expiry%time.Second != 0 || expiry/time.Second > math.MaxUint32:
		d.invalid("message_expiry", "message_expiry is a whole number of seconds, from 1 to 4,294,967,295.")
	default:
		d.m.Expiry = uint32(expiry / time.Second)
	}
	d.m.RenewBefore = d.duration("renew_before")
	switch {
	case d.m.RenewBefore == 0 || d.m.Expiry == 0 && d.broken: // message_expiry may be invalid
	case d.m.Expiry == 0:
		d.wrong("renew_before", "renew_before without message_expiry",
			"A message without message_expiry never expires, so there is nothing to renew.")
	case d.m.RenewBefore >= expiry:
		d.invalid("renew_before",
			"renew_before must be shorter than message_expiry; otherwise every plan would publish the message again.")
	case d.m.IgnoreFields.Has(mqtt.FieldExpiry):
		d.wrong("renew_before", "renew_before with an ignored message_expiry",
			"ignore_changes leaves message_expiry to somebody else: a publish would keep the live one, and renew nothing. "+
				"Remove renew_before, or list in ignore_changes only what somebody else writes.")
	}
}
