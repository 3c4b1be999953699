package spec

import (
	"encoding/json"
	"errors"
	"math/big"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxEffort bounds the work of checking one payload against its schema. Measured: a payload
// of 1 MB with 15,000 objects takes 1.7 million units in 0.15 s, and a schema that branches
// at every step spends maxEffort in 4 to 9 s. The work is counted instead of timed, so that a
// configuration is refused on every machine or on none.
const maxEffort = 25_000_000

// errEffort is the error of a schema that takes more than maxEffort, for example because its
// references branch at every step.
var errEffort = errors.New("checking it takes too long")

// effort is the work that is left for checking one payload. The validator cannot be stopped from
// outside, but every schema checks the format of a value before it continues with its
// subschemas. When nothing is left, every format is an error, so the validator ends.
type effort struct {
	left  int
	place int // the effort of noting a place in the document that is being checked
}

func (e *effort) spend(n int) error {
	if e.left -= n; e.left < 0 {
		return errEffort
	}
	return nil
}

// meter makes the schemas, and all schemas that they lead to, spend effort.
func (e *effort) meter(schemas []*jsonschema.Schema) {
	within := map[*jsonschema.Schema][]*jsonschema.Schema{}
	for len(schemas) > 0 {
		last := len(schemas) - 1
		s := schemas[last]
		schemas = schemas[:last]
		if _, known := within[s]; !known {
			within[s] = subschemas(s)
			schemas = append(schemas, within[s]...)
		}
	}
	// To detect circles, the validator goes through all references that led to a schema.
	chain := len(within) / 100
	for s, parts := range within {
		s.Format = e.metered(s, parts, chain)
	}
}

// metered returns a format for s that spends the effort of checking a value against s without its
// subschemas within, and of finding that the value is of the wrong type for them. Subschemas
// for which it has the right type spend their own effort.
func (e *effort) metered(s *jsonschema.Schema, within []*jsonschema.Schema, chain int) *jsonschema.Format {
	width, whole := 1+ratSize(s.MultipleOf)+names(s), s.UniqueItems
	for _, part := range within {
		width += 1 + literals(part)
		whole = whole || part.UnevaluatedProperties != nil || part.UnevaluatedItems != nil
	}
	format := jsonschema.Format{Validate: func(any) error { return nil }}
	if s.Format != nil {
		format = *s.Format
	}
	check := format.Validate
	format.Validate = func(v any) error {
		if e.left < 0 {
			return errEffort
		}
		n := chain + e.place + width*(1+breadth(v))
		if whole {
			n += size(v)
		}
		if err := e.spend(n); err != nil {
			return err
		}
		if text, ok := v.(string); ok && format.Name == "regex" {
			if _, err := e.parse(text); errors.Is(err, errEffort) {
				return err
			}
		}
		return check(v)
	}
	return &format
}

// subschemas returns the schemas in a schema's keywords, and those that they refer to. Further
// schemas that a $dynamicRef may lead to are found by their anchors.
func subschemas(s *jsonschema.Schema) []*jsonschema.Schema {
	var all []*jsonschema.Schema
	var add func(v reflect.Value)
	add = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Interface:
			add(v.Elem())
		case reflect.Slice:
			for i := range v.Len() {
				add(v.Index(i))
			}
		case reflect.Map:
			for it := v.MapRange(); it.Next(); {
				add(it.Value())
			}
		case reflect.Pointer:
			switch to := v.Interface().(type) {
			case *jsonschema.Schema:
				if to != nil {
					all = append(all, to)
				}
			case *jsonschema.DynamicRef:
				if to != nil {
					all = append(all, to.Ref)
				}
			}
		}
	}
	fields := reflect.ValueOf(*s)
	for i := range fields.NumField() {
		if f := fields.Type().Field(i); f.IsExported() && f.Name != "Examples" {
			add(fields.Field(i))
		}
	}
	return all
}

// anchored returns JSON pointers, as URL fragments, to the objects with a $dynamicAnchor in a
// schema's document.
func anchored(doc any, at string) []string {
	var all []string
	switch doc := doc.(type) {
	case map[string]any:
		if _, ok := doc["$dynamicAnchor"].(string); ok {
			all = append(all, at)
		}
		for key, value := range doc {
			escaped := pointerEscape.Replace(key)
			all = append(all, anchored(value, at+"/"+url.PathEscape(escaped))...)
		}
	case []any:
		for i, value := range doc {
			all = append(all, anchored(value, at+"/"+strconv.Itoa(i))...)
		}
	}
	return all
}

// names returns the number of names that a schema requires. The validator lists all that a value
// lacks.
func names(s *jsonschema.Schema) int {
	n := len(s.Required)
	for _, required := range s.DependentRequired {
		n += 1 + len(required)
	}
	for _, dependency := range s.Dependencies {
		if required, ok := dependency.([]string); ok {
			n += 1 + len(required)
		}
	}
	return n
}

// literals returns the size of the literals in a schema that a value is compared with.
func literals(s *jsonschema.Schema) int {
	n := 0
	if s.Const != nil {
		n += size(*s.Const)
	}
	if s.Enum != nil {
		n += size(s.Enum.Values)
	}
	return n
}

// size returns the size of a JSON value, in rough units of effort.
func size(v any) int {
	n := 1 + breadth(v)
	switch v := v.(type) {
	case map[string]any:
		for _, value := range v {
			n += size(value)
		}
	case []any:
		for _, value := range v {
			n += size(value)
		}
	}
	return n
}

// breadth returns the size of a JSON value without the values in it. A number with an exponent
// may have a thousand digits.
func breadth(v any) int {
	switch v := v.(type) {
	case map[string]any:
		return len(v)
	case []any:
		return len(v)
	case string:
		return len(v) / 64
	case json.Number:
		if strings.ContainsAny(string(v), "eE") {
			return 100
		}
		return len(v) / 8
	}
	return 0
}

// depth returns the number of levels in a JSON value.
func depth(v any) int {
	most := 0
	switch v := v.(type) {
	case map[string]any:
		for _, value := range v {
			most = max(most, depth(value))
		}
	case []any:
		for _, value := range v {
			most = max(most, depth(value))
		}
	}
	return 1 + most
}

func ratSize(r *big.Rat) int {
	if r == nil {
		return 0
	}
	return (r.Num().BitLen() + r.Denom().BitLen()) / 64
}
