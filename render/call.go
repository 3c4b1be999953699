package render

import (
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
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
	Return json.RawMessage `json:"return_type,omitempty"`
}

type functionParam struct {
	Name string          `json:"name"`
	Type json.RawMessage `json:"type"`
}

// callOf returns the function call that a diagnostic is about, or nil.
func callOf(d *hcl.Diagnostic) *functionCall {
	extra, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d)
	if !ok || extra.CalledFunctionName() == "" {
		return nil
	}
	call := &functionCall{CalledAs: extra.CalledFunctionName()}
	for ctx := d.EvalContext; ctx != nil; ctx = ctx.Parent() {
		if f, ok := ctx.Functions[call.CalledAs]; ok {
			call.Signature = signatureOf(call.CalledAs, f)
			break
		}
	}
	return call
}

func signatureOf(name string, f function.Function) *functionSignature {
	s := &functionSignature{Name: name, Params: []functionParam{}}
	var args []cty.Type
	for _, p := range f.Params() {
		s.Params = append(s.Params, paramOf(p))
		args = append(args, p.Type)
	}
	if rest := f.VarParam(); rest != nil {
		p := paramOf(*rest)
		s.Rest = &p
		args = append(args, rest.Type)
	}
	if typ, err := f.ReturnType(args); err == nil {
		s.Return = typeJSON(typ)
	}
	return s
}

func paramOf(p function.Parameter) functionParam {
	return functionParam{p.Name, typeJSON(p.Type)}
}

func typeJSON(ty cty.Type) json.RawMessage {
	typ, err := ctyjson.MarshalType(ty)
	if err != nil {
		return json.RawMessage(`"dynamic"`)
	}
	return typ
}

// String returns the call as people write it: "substr(str, offset, length)".
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
