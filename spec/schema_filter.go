package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/diag"
)

// schemaFilter is a schema block: a JSON Schema for every declared topic that
// matches, whoever declares it.
type schemaFilter struct {
	Scope
	schema *schema
}

func (a *arguments) schemaFilter(all schemas, s Scope) schemaFilter {
	value, given := a.plain("schema", cty.String)
	if !given {
		if !a.broken {
			a.wrong("schema", "Missing schema",
				"The block says nothing without a JSON Schema: schema = file(\"config.schema.json\").")
		}
		return schemaFilter{}
	}
	return schemaFilter{s, a.usable(all, value.AsString())}
}

// check reports a declared message whose payload does not fulfil the schema.
func (s *schemaFilter) check(x *expansion, m *Message) {
	if !s.Has(m.Broker, m.Topic) {
		return
	}
	if summary, detail := s.schema.check(m); summary != "" {
		x.sink.AddKind(s.Range.String(), diag.Errorf(x.decl.ArgumentRange("payload", "payload_base64"), summary,
			"%s\n\nThe schema is that of %s at %s, which holds for every topic that matches %q.",
			detail, s.Address, s.Range, s.Filter))
	}
}
