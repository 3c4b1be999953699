package spec

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// referable holds the names of the attributes that other expressions can use.
var referable = referableNames()

func referableNames() []string {
	names := []string{"topic", "broker"}
	for f := range mqtt.AllFields.Shown() {
		names = append(names, f.Name)
		if f.Bit == mqtt.FieldPayload {
			names = append(names, "payload_base64")
		}
	}
	return names
}

// modulePath is the position of a module instance in the tree of modules, as a prefix of
// addresses: "" for the root, or `module.site["a"].`.
type modulePath struct {
	path   string
	static string // without instance keys, as in dependencies
}

// instance returns the address of the instance, or "" for the root.
func (p modulePath) instance() string { return strings.TrimSuffix(p.path, ".") }

// expansion is an evaluated message block.
type expansion struct {
	decl     *declare.Message
	place    modulePath    // of the module that declares it
	call     *declare.Call // of that module; nil of the root
	messages []Message     // in the order of their keys
	common   *Message      // fields that were read once for all instances; nil if none were yet
	broken   bool          // an instance could not be evaluated
	sink     diag.Sink
}

// static returns the block's address without instance keys, as in dependencies.
func (x *expansion) static() string { return x.place.static + x.decl.Address() }

// at sets the instance that further diagnostics are about, unless there is only one.
func (x *expansion) at(address string, index cty.Value) {
	if index != cty.NilVal || x.call != nil {
		x.sink.Instance = address
	}
}

// value returns the block as other expressions see it.
func (x *expansion) value() cty.Value {
	if x.broken {
		return cty.DynamicVal
	}
	switch x.decl.Repeat() {
	case "for_each":
		all := make(map[string]cty.Value, len(x.messages))
		for i := range x.messages {
			all[x.messages[i].Index.AsString()] = object(&x.messages[i])
		}
		return cty.ObjectVal(all)
	case "count":
		all := make([]cty.Value, len(x.messages))
		for i := range x.messages {
			all[i] = object(&x.messages[i])
		}
		return cty.TupleVal(all)
	}
	return object(&x.messages[0])
}

// object returns a message's attributes, with the sensitive ones marked again.
func object(m *Message) cty.Value {
	marked := func(f mqtt.Fields, v cty.Value) cty.Value {
		if m.Redaction.Fields.Has(f) {
			return v.Mark(sensitive.Mark)
		}
		return v
	}
	payload, encoded := cty.NullVal(cty.String), cty.StringVal(base64.StdEncoding.EncodeToString(m.Payload))
	if utf8.Valid(m.Payload) {
		payload = cty.StringVal(string(m.Payload))
	}
	if leaves := m.Redaction.Leaves; len(leaves) > 0 {
		payload = payload.WithMarks(sensitive.Leaves(string(m.Payload), leaves))
		encoded = encoded.Mark(sensitive.Mark)
	}
	attrs := map[string]cty.Value{"topic": cty.StringVal(m.Topic), "broker": cty.StringVal(m.Broker)}
	for f := range (mqtt.AllFields &^ mqtt.FieldPayload).Rows() {
		attrs[f.Name] = marked(f.Bit, attribute(m, f))
	}
	attrs["payload"], attrs["payload_base64"] = marked(mqtt.FieldPayload, payload), marked(mqtt.FieldPayload, encoded)
	return cty.ObjectVal(attrs)
}

// attribute returns a field in the form that it is declared in.
func attribute(m *Message, f *mqtt.Field) cty.Value {
	switch at := f.At(&m.Message).(type) {
	case *mqtt.QoS:
		return cty.NumberIntVal(int64(*at))
	case *mqtt.PayloadFormat:
		return cty.StringVal(at.String())
	case *uint32:
		return expiry(*at)
	case *string:
		return stringOrNull(*at)
	case *[]byte:
		return stringOrNull(base64.StdEncoding.EncodeToString(*at))
	}
	return properties(m)
}

func stringOrNull(s string) cty.Value {
	if s == "" {
		return cty.NullVal(cty.String)
	}
	return cty.StringVal(s)
}

func expiry(seconds uint32) cty.Value {
	if seconds == 0 {
		return cty.NullVal(cty.Number)
	}
	return cty.NumberUIntVal(uint64(seconds))
}

// properties returns user properties in the form that they were declared in.
func properties(m *Message) cty.Value {
	if m.OrderedProperties {
		list := []cty.Value{}
		for _, p := range m.UserProperties {
			pair := map[string]cty.Value{"name": cty.StringVal(p.Name), "value": cty.StringVal(p.Value)}
			list = append(list, cty.ObjectVal(pair))
		}
		return cty.TupleVal(list)
	}
	all := map[string]cty.Value{}
	for _, p := range m.UserProperties {
		all[p.Name] = cty.StringVal(p.Value)
	}
	if len(all) == 0 {
		return cty.MapValEmpty(cty.String)
	}
	return cty.MapVal(all)
}
