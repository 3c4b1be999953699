package spec

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/retainctl/retainctl/mqtt"
)

// schema is a JSON Schema, compiled once for all messages that have its text.
type schema struct {
	compiled *jsonschema.Schema
	err      error
	most     int // the effort that a check of one payload may take
	effort   *effort
	slow     bool // a payload took more than that
}

func newSchema(text string, most int) *schema {
	s := &schema{most: most, effort: &effort{left: most}}
	s.compiled, s.err = compileSchema(text, s.effort)
	return s
}

// validate checks a document against the schema. After a payload that took too much effort, it
// checks no other, because it would probably take as much.
func (s *schema) validate(doc any) error {
	if s.slow {
		return errEffort
	}
	s.effort.left, s.effort.place = s.most, depth(doc)/2 // each mistake has its place, level by level
	err := s.compiled.Validate(doc)
	if s.slow = s.effort.left < 0; s.slow {
		return errEffort
	}
	return err
}

// noLoader refuses to load other resources that a schema refers to: the plan of an untrusted
// pull request must not access the network or files this way.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %s, and schemas are not loaded from elsewhere; put what it refers to "+
		"under $defs", strings.TrimPrefix(url, schemaBase))
}

// schemaBase is the base of references in a schema. It must have a path, because a relative
// reference would lead to the schema itself otherwise.
const schemaBase = "schema:///"

// schemas holds the compiled schemas, by their text.
type schemas map[string]*schema

// compiled returns the schema with a text. Its err is set if the text is not a valid schema.
func (all schemas) compiled(text string) *schema {
	s := all[text]
	if s == nil {
		s = newSchema(text, maxEffort)
		all[text] = s
	}
	return s
}

func compileSchema(text string, e *effort) (*jsonschema.Schema, error) {
	const here = schemaBase + "payload"
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if hasHugeNumber(doc) {
		return nil, errors.New("it has a number of more than 1,000 digits, or with an exponent beyond 1,000")
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(noLoader{})
	c.UseRegexpEngine(e.regexp)
	if err := c.AddResource(here, doc); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(here)
	var elsewhere *jsonschema.LoadURLError
	if errors.As(err, &elsewhere) {
		return nil, elsewhere.Err
	}
	if err != nil {
		return nil, err
	}
	all := []*jsonschema.Schema{compiled}
	for _, at := range anchored(doc, "") {
		if s, err := c.Compile(here + "#" + at); err == nil { // on an error, the object is not a schema
			all = append(all, s)
		}
	}
	e.meter(all)
	return compiled, nil
}

// usable returns the compiled schema with a text, and reports an error if it is not valid.
func (a *arguments) usable(all schemas, text string) *schema {
	s := all.compiled(text)
	if s.err != nil {
		a.invalid("schema", "The JSON Schema cannot be used: %s.", s.err)
	}
	return s
}

// check returns the summary and the detail of a diagnostic if the payload does not fulfil the
// schema; otherwise "".
func (s *schema) check(m *Message) (summary, detail string) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(m.Payload))
	if err != nil {
		return "Payload is not JSON", "The message has a schema, so its payload must be JSON, and it is not."
	}
	if hasHugeNumber(doc) {
		return "Payload that no schema can check",
			"It has a number of more than 1,000 digits, or with an exponent beyond 1,000. Write it as a string, or " +
				"remove the schema."
	}
	var invalid *jsonschema.ValidationError
	switch err := s.validate(doc); {
	case err == nil:
		return "", ""
	case errors.As(err, &invalid):
		return "Payload does not match its schema", strings.Join(violations(invalid, m.Redaction), "\n")
	default:
		return "Schema that takes too long",
			"Checking this payload against it takes too much work. Look for references that lead to the same place " +
				"in many ways."
	}
}

// violations returns a line for each of the innermost causes, with its path in the payload. For
// a sensitive payload, the lines do not quote its values.
func violations(e *jsonschema.ValidationError, hidden mqtt.Redaction) []string {
	const most = 10
	var lines []string
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) > 0 || len(lines) > most {
			return
		}
		if len(lines) == most {
			lines = append(lines, "and more")
			return
		}
		lines = append(lines, violation(e, hidden))
	}
	walk(e)
	return lines
}

func violation(e *jsonschema.ValidationError, hidden mqtt.Redaction) string {
	at := "/" + strings.Join(visible(e.InstanceLocation, hidden), "/")
	reason := e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
	if !hidden.None() {
		reason = "does not fulfil the schema's \"" + strings.Join(e.ErrorKind.KeywordPath(), "/") + "\""
	}
	if hidden.Fields.Has(mqtt.FieldPayload) {
		at = "the payload, which is sensitive,"
		return at + " " + reason
	}
	return fmt.Sprintf("%s: %s", at, reason)
}

// pointerEscape spells a name as a step of an RFC 6901 pointer.
var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// visible returns the part of a location in a payload that may be shown. A sensitive object or array is one leaf,
// because the names in it may be the secret.
func visible(location []string, hidden mqtt.Redaction) []string {
	var at strings.Builder
	for i, name := range location {
		at.WriteString("/" + pointerEscape.Replace(name))
		if slices.Contains(hidden.Leaves, at.String()) {
			return location[:i+1]
		}
	}
	return location
}
