package declare

import (
	"fmt"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// Call is a module block, which calls the module of another folder.
type Call struct {
	Name   string
	At     hcl.Range // of the block's header
	source *hcl.Attribute
	Attrs  hcl.Attributes // for_each, count and depends_on
	Inputs hcl.Attributes
	Body   *Module // of the folder that source names; nil if it cannot be used
}

// Address returns the block's address, without the module that it is in.
func (m *Call) Address() string { return "module." + m.Name }

// Repeat returns which argument gives the block its instances, or "".
func (m *Call) Repeat() string { return Repeat(m.Attrs) }

// module adds a module block to those that are known.
func (r *reader) module(b *hcl.Block, known map[string]*Call) {
	name := b.Labels[0]
	if first, there := known[name]; there {
		r.duplicate(b.DefRange, fmt.Sprintf("module %q", name), first.At,
			"Names of modules are unique over all files of a folder.")
		return
	}
	r.identifier(name, b.LabelRanges[0], "module")
	content, rest, diags := b.Body.PartialContent(language.Find("module", "").Schema())
	r.report(diags...)
	inputs, diags := rest.JustAttributes()
	r.report(diags...)
	m := &Call{Name: name, At: b.DefRange, source: content.Attributes["source"], Attrs: content.Attributes, Inputs: inputs}
	delete(m.Attrs, "source")
	r.oneRepeat(m.Attrs, "module")
	known[name] = m
}

// folder returns the folder that source names, relative to the root. The block is in a
// file of the folder from.
func (m *Call) folder(from string) (string, *hcl.Diagnostic) {
	if m.source == nil {
		return "", diag.Errorf(&m.At, "Missing source",
			"A module block names the folder of its module: source = \"./modules/%s\".", m.Name)
	}
	at := m.source.Expr.Range().Ptr()
	value, diags := m.source.Expr.Value(nil)
	if !diags.HasErrors() {
		value, _ = value.Unmark()
		value, _ = convert.Convert(value, cty.String)
	}
	if diags.HasErrors() || value.IsNull() || !value.IsKnown() || value.Type() != cty.String {
		return "", diag.Errorf(at, "Invalid source",
			"The source of a module is a literal string, since modules are read before anything is evaluated.")
	}
	source := value.AsString()
	local := strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../") || source == "." || source == ".."
	if !local {
		return "", diag.Errorf(at, "Source is not a local folder",
			"Modules are folders of this configuration: source = \"./modules/%s\", relative to this file's folder. "+
				"One from elsewhere is copied below the configuration's folder, or checked out there as a git "+
				"submodule.", m.Name)
	}
	dir := path.Join(from, source)
	if dir == ".." || strings.HasPrefix(dir, "../") {
		return "", diag.Errorf(at, "Source outside of the configuration",
			"%s leads out of the configuration's folder; modules stand below it.", source)
	}
	return dir, nil
}
