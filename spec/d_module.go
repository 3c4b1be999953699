package spec

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

func (r *reader) module(b *hcl.Block, known map[string]*moduleDecl) {
	name := b.Labels[0]
	if first, there := known[name]; there {
		r.duplicate(b.DefRange, fmt.Sprintf("module %q", name), first.at, "Names of modules are unique over all files of a folder.")
		return
	}
	r.identifier(name, b.LabelRanges[0], "module")
	content, rest, diags := b.Body.PartialContent(language.Find("module", "").Schema())
	r.report(diags...)
	inputs, diags := rest.JustAttributes()
	r.report(diags...)
	m := &moduleDecl{name: name, at: b.DefRange, source: content.Attributes["source"], attrs: content.Attributes, inputs: inputs}
	delete(m.attrs, "source")
	r.oneRepeat(m.attrs, "module")
	known[name] = m
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
