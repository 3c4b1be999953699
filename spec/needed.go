package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// references holds the values that expressions refer to, by root and name.
type references struct {
	values  map[string]map[string]cty.Value
	unknown map[string]bool // roots with a wrong reference
	modules map[string]*needed
}

func newReferences() references {
	return references{map[string]map[string]cty.Value{}, map[string]bool{}, map[string]*needed{}}
}

// set adds a value.
func (r references) set(root, name string, value cty.Value) {
	if r.values[root] == nil {
		r.values[root] = map[string]cty.Value{}
	}
	r.values[root][name] = value
}

// needed holds the outputs of a module that expressions refer to. Only these are evaluated, so
// that two modules can use each other's outputs.
type needed struct {
	at      hcl.Range
	all     bool
	outputs map[string]bool
	wrong   bool // a reference is wrong, which was reported
}

func newNeeded(at hcl.Range) *needed { return &needed{at: at, outputs: map[string]bool{}} }

// need returns the entry of a module.
func (r references) need(name string, at hcl.Range) *needed {
	if r.modules[name] == nil {
		r.modules[name] = newNeeded(at)
	}
	return r.modules[name]
}

// take adds the outputs that a reference to the module needs, and reports a wrong reference.
func (n *needed) take(r *reporter, ref declare.Reference) {
	name := ref.Name
	m := r.decl.Calls[name]
	if m == nil || m.Body == nil {
		return
	}
	rest := ref.Traversal[2:]
	if m.Repeat() != "" && len(rest) > 0 {
		if attr, ok := rest[0].(hcl.TraverseAttr); ok && m.Body.Outputs[attr.Name] != nil {
			r.once("instance"+attr.SrcRange.String(), &attr.SrcRange, "Which instance?",
				"module.%s has %s: write module.%s[KEY].%s for one instance, or module.%s[*].%s for all of a count.",
				name, m.Repeat(), name, attr.Name, name, attr.Name)
			n.wrong = true
			return
		}
		rest = rest[1:]
	}
	output := declare.NewReference(append(hcl.Traversal{hcl.TraverseRoot{}}, rest...))
	switch {
	case len(rest) == 0 || !output.Named:
		n.all = true
	case m.Body.Outputs[output.Name] == nil:
		n.wrong = true
		r.once("output"+output.NameRange.String(), &output.NameRange, "Undeclared output",
			"The module in %s has no output %q.%s", m.Body.Dir, output.Name, outputAdvice(m.Body, output.Name))
	default:
		n.outputs[output.Name] = true
	}
}

// outputAdvice returns what to write for an output that is not declared.
func outputAdvice(d *declare.Module, name string) string {
	advice := diag.DidYouMean(name, maps.Keys(d.Outputs))
	switch {
	case advice != "":
		return advice
	case len(d.Outputs) == 0:
		return " It has no output blocks."
	}
	return fmt.Sprintf(" It has %s.", diag.OneOf(slices.Sorted(maps.Keys(d.Outputs))))
}
