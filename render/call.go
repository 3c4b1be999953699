package render

import (
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/function"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// functionCall is the call that a diagnostic is about, in Terraform's JSON form.
type functionCall struct {
	CalledAs  string             `json:"called_as"`
	Signature *functionSignature `json:"signature,omitempty"`
}

type functionSignature struct {
	Name   string          `json:"name"`
	Params []functionParam `json:"params"`
	Rest   *functionParam  `json:"variadic_param,omitempty"`
}

type functionParam struct {
	Name string          `json:"name"`
	Type json.RawMessage `json:"type"`
}

// callOf finds the function that a diagnostic is about; nil where there is none.
func callOf(d *hcl.Diagnostic) *functionCall {
	extra, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d)
	if !ok || extra.CalledFunctionName() == "" {
		return nil
	}
	call := &functionCall{CalledAs: extra.CalledFunctionName()}
	for ctx := d.EvalContext; ctx != nil; ctx = ctx.Parent() {
		if f, there := ctx.Functions[call.CalledAs]; there {
			call.Signature = signatureOf(call.CalledAs, f)
			break
		}
	}
	return call
}

func signatureOf(name string, f function.Function) *functionSignature {
	s := &functionSignature{Name: name, Params: []functionParam{}}
	for _, p := range f.Params() {
		s.Params = append(s.Params, paramOf(p))
	}
	if rest := f.VarParam(); rest != nil {
		p := paramOf(*rest)
		s.Rest = &p
	}
	return s
}

func paramOf(p function.Parameter) functionParam {
	typ, err := ctyjson.MarshalType(p.Type)
	if err != nil {
		typ = []byte(`"dynamic"`)
	}
	return functionParam{p.Name, typ}
}

// String spells the call for people: "substr(str, offset, length)".
func (c *functionCall) String() string {
	if c.Signature == nil {
		return c.CalledAs
	}
	var names []string
	for _, p := range c.Signature.Params {
		names = append(names, p.Name)
	}
	if c.Signature.Rest != nil {
		names = append(names, c.Signature.Rest.Name+"...")
	}
	return c.CalledAs + "(" + strings.Join(names, ", ") + ")"
}
