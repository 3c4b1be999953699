package declare

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// reserved returns an error for each variable that a module block could not set, because its
// name is an argument of the block itself.
func (d *Module) reserved() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range language.Find("module", "").Names() {
		if v := d.Variables[name]; v != nil {
			diags = append(diags, diag.Errorf(&v.At, "Reserved name",
				"%s is an argument of module blocks themselves, so a variable of a module cannot have that name.",
				name))
		}
	}
	return diags
}

// link checks the inputs of the block against the variables of its module.
func (m *Call) link() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(m.Inputs)) {
		if m.Body.Variables[name] == nil {
			diags = append(diags, m.unknownInput(m.Inputs[name]))
		}
	}
	for name, v := range Sorted(m.Body.Variables) {
		if v.Default == cty.NilVal && m.Inputs[name] == nil && !slices.Contains(language.Find("module", "").Names(), name) {
			diags = append(diags, diag.Errorf(&m.At, "Missing input",
				"The module needs %s = ...: variable %q at %s has no default.", name, name, v.At))
		}
	}
	return diags
}

// unknownInput returns the error about an input without a variable.
func (m *Call) unknownInput(attr *hcl.Attribute) *hcl.Diagnostic {
	advice := diag.DidYouMean(attr.Name, maps.Keys(m.Body.Variables))
	switch {
	case advice != "":
	case attr.Name == "providers":
		advice = " Modules have no providers. Pass the name of a broker as an input: broker = broker.NAME."
	case attr.Name == "version":
		advice = " Only modules from a registry have versions, and retainctl's modules are local folders."
	case len(m.Body.Variables) == 0:
		advice = " It has no variables."
	default:
		advice = fmt.Sprintf(" It has %s.", diag.OneOf(slices.Sorted(maps.Keys(m.Body.Variables))))
	}
	return diag.Errorf(&attr.NameRange, "Unknown input",
		"The module in %s has no variable %q.%s", m.Body.Dir, attr.Name, advice)
}
