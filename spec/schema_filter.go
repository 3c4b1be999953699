package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/diag"
)

// schemaFilter is a schema block: a JSON Schema for all declared topics that match its filter, in
// any module.
type schemaFilter struct {
	FilterBlock
	schema *schema
}

func (a *arguments) schemaFilter(all schemas, s FilterBlock) schemaFilter {
	value, given := a.plain("schema", cty.String)
	if !given {
		if !a.broken {
			a.wrong("schema", "Missing schema",
				"The block needs a JSON Schema: schema = file(\"config.schema.json\").")
		}
		return schemaFilter{}
	}
	return schemaFilter{s, a.usable(all, value.AsString())}
}

// check reports a declared message whose payload does not fulfil the schema.
func (s *schemaFilter) check(x *expansion, m *Message) {
	if !s.Matches(m.Broker, m.Topic) {
		return
	}
	if summary, detail := s.schema.check(m); summary != "" {
		x.sink.AddKind(s.Range.String(), diag.Errorf(x.decl.ArgumentRange("payload", "payload_base64"), summary,
			"%s\n\nThe schema is that of %s at %s, which applies to every topic that matches %q.",
			detail, s.Address, s.Range, s.Filter))
	}
}
