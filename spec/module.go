package spec

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// moduleDecl is a module block before evaluation.
type moduleDecl struct {
	name   string
	at     hcl.Range // of the block's header
	source *hcl.Attribute
	attrs  hcl.Attributes // for_each, count and depends_on
	inputs hcl.Attributes
	body   *declarations // of the folder that source names
}

func (m *moduleDecl) address() string { return "module." + m.name }

func (m *moduleDecl) repeat() string { return repeat(m.attrs) }

func (d *declarations) module(b *hcl.Block) {
	name := b.Labels[0]
	if first, there := d.modules[name]; there {
		d.duplicate(b.DefRange, fmt.Sprintf("module %q", name), first.at, "Names of modules are unique over all files of a folder.")
		return
	}
	d.identifier(name, b.LabelRanges[0], "module")
	content, rest, diags := b.Body.PartialContent(language.Find("module", "").Schema())
	d.report(diags...)
	inputs, diags := rest.JustAttributes()
	d.report(diags...)
	m := &moduleDecl{name: name, at: b.DefRange, source: content.Attributes["source"], attrs: content.Attributes, inputs: inputs}
	delete(m.attrs, "source")
	d.oneRepeat(m.attrs, "module")
	d.modules[name] = m
}

// folder gives the folder that the block's source names, relative to the root,
// as seen from the folder from.
func (m *moduleDecl) folder(from string) (string, *hcl.Diagnostic) {
	if m.source == nil {
		return "", diag.Errorf(&m.at, "Missing source", "A module block names the folder of its module: source = \"./modules/%s\".", m.name)
	}
	at := m.source.Expr.Range().Ptr()
	value, diags := m.source.Expr.Value(nil)
	if !diags.HasErrors() {
		value, _ = value.Unmark()
		value, _ = convert.Convert(value, cty.String)
	}
	if diags.HasErrors() || value.IsNull() || !value.IsKnown() || value.Type() != cty.String {
		return "", diag.Errorf(at, "Invalid source", "The source of a module is a literal string, since modules are read before anything is evaluated.")
	}
	source := value.AsString()
	local := strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../") || source == "." || source == ".."
	if !local {
		return "", diag.Errorf(at, "Source is not a local folder", "Modules are folders of this configuration: source = \"./modules/%s\", relative to this file's folder. One from elsewhere is copied below the configuration's folder, or checked out there as a git submodule.", m.name)
	}
	dir := path.Join(from, source)
	if dir == ".." || strings.HasPrefix(dir, "../") {
		return "", diag.Errorf(at, "Source outside of the configuration", "%s leads out of the configuration's folder; modules stand below it.", source)
	}
	return dir, nil
}

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
