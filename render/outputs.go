package render

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Output is one output of a configuration. Its methods show the value even if it is sensitive.
type Output struct {
	Name      string
	Value     cty.Value // known, without marks
	Sensitive bool
}

// Outputs writes all outputs as "terraform output" does, sensitive ones without their values. The error is that of w.
func Outputs(w io.Writer, outputs []Output) error {
	for _, o := range outputs {
		text := "<sensitive>"
		if !o.Sensitive {
			text = Value(o.Value)
		}
		if _, err := fmt.Fprintf(w, "%s = %s\n", o.Name, text); err != nil {
			return err
		}
	}
	return nil
}

// jsonOutput has the shape of "terraform output -json".
type jsonOutput struct {
	Sensitive bool            `json:"sensitive"`
	Type      json.RawMessage `json:"type"`
	Value     json.RawMessage `json:"value,omitempty"`
}

func (o Output) json() (jsonOutput, error) {
	typ, err := ctyjson.MarshalType(o.Value.Type())
	if err != nil {
		return jsonOutput{}, err
	}
	value, err := ctyjson.Marshal(o.Value, o.Value.Type())
	return jsonOutput{o.Sensitive, typ, value}, err
}

// OutputsJSON writes all outputs with their types and values in the shape of "terraform output -json". Scripts read it,
// so it contains sensitive values too.
func OutputsJSON(w io.Writer, outputs []Output) error {
	all := map[string]jsonOutput{}
	for _, o := range outputs {
		one, err := o.json()
		if err != nil {
			return err
		}
		all[o.Name] = one
	}
	return writeIndentedJSON(w, all)
}

// JSON writes the value alone, as one line of JSON.
func (o Output) JSON(w io.Writer) error {
	one, err := o.json()
	if err != nil {
		return err
	}
	return writeJSON(w, one.Value)
}

// Raw returns the value as a plain string, for scripts. It fails if the value is null, or neither a string, a number
// nor a boolean.
func (o Output) Raw() (string, error) {
	text, err := convert.Convert(o.Value, cty.String)
	switch {
	case err != nil:
		return "", fmt.Errorf("-raw prints strings, numbers and booleans, and %q is of type %s; -json prints any value",
			o.Name, o.Value.Type().FriendlyName())
	case text.IsNull():
		return "", fmt.Errorf("the value of %q is null, which -raw cannot print", o.Name)
	}
	return text.AsString(), nil
}
