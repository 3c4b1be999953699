package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// reserved reports variables that no module block could set.
func (d *declarations) reserved() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range language.Find("module", "").Names() {
		if v := d.variables[name]; v != nil {
			diags = append(diags, diag.Errorf(&v.at, "Reserved name", "%s is an argument of module blocks themselves, so that a variable of a module cannot have that name.", name))
		}
	}
	return diags
}

// link checks the block against the variables of its module.
func (m *moduleDecl) link() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(m.inputs)) {
		if m.body.variables[name] == nil {
			diags = append(diags, m.unknownInput(m.inputs[name]))
		}
	}
	for name, v := range sorted(m.body.variables) {
		if v.def == cty.NilVal && m.inputs[name] == nil && !slices.Contains(language.Find("module", "").Names(), name) {
			diags = append(diags, diag.Errorf(&m.at, "Missing input", "The module needs %s = ...: variable %q at %s has no default.", name, name, v.at))
		}
	}
	return diags
}

func (m *moduleDecl) unknownInput(attr *hcl.Attribute) *hcl.Diagnostic {
	advice := diag.DidYouMean(attr.Name, maps.Keys(m.body.variables))
	switch {
	case advice != "":
	case attr.Name == "providers":
		advice = " Nothing is configured for a module: pass the name of a broker as an input, broker = broker.NAME."
	case attr.Name == "version":
		advice = " Only modules of a registry have versions, and modules are local folders here."
	case len(m.body.variables) == 0:
		advice = " It has no variables."
	default:
		advice = fmt.Sprintf(" It has %s.", diag.OneOf(slices.Sorted(maps.Keys(m.body.variables))))
	}
	return diag.Errorf(&attr.NameRange, "Unknown input", "The module in %s has no variable %q.%s", m.body.dir, attr.Name, advice)
}
