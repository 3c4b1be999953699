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

// Call is a module block, which calls the module in another folder.
type Call struct {
	Name   string
	At     hcl.Range // of the block's header
	source *hcl.Attribute
	Attrs  hcl.Attributes // for_each, count and depends_on
	Inputs hcl.Attributes
	Body   *Module // the module in the folder source; nil if it cannot be used
}

// Address returns the block's address within its module: module.NAME.
func (m *Call) Address() string { return "module." + m.Name }

// Repeat returns the name of the argument that repeats the block, as the function Repeat does.
func (m *Call) Repeat() string { return Repeat(m.Attrs) }

// module adds a module block to the known ones.
func (r *reader) module(b *hcl.Block, known map[string]*Call) {
	name := b.Labels[0]
	if first, ok := known[name]; ok {
		r.duplicate(b.DefRange, fmt.Sprintf("module %q", name), first.At,
			"Names of modules are unique across all files of a folder.")
		return
	}
	r.identifier(name, b.LabelRanges[0], "module")
	content, rest, diags := b.Body.PartialContent(language.Find("module", "").Schema())
	r.report(diags...)
	inputs, diags := rest.JustAttributes()
	r.report(diags...)
	m := &Call{
		Name: name, At: b.DefRange, source: content.Attributes["source"], Attrs: content.Attributes, Inputs: inputs,
	}
	delete(m.Attrs, "source")
	r.oneRepeat(m.Attrs, "module")
	known[name] = m
}

// folder returns the folder that source names, relative to the root. from is the folder of
// the file with the block.
func (s *Source) folder(m *Call, from string) (string, *hcl.Diagnostic) {
	if m.source == nil {
		return "", diag.Errorf(&m.At, "Missing source",
			"A module block must name the folder of its module: source = \"./modules/%s\".", m.Name)
	}
	at := m.source.Expr.Range().Ptr()
	s.work.Begin(m.source.Expr)
	value, diags := m.source.Expr.Value(nil)
	if !diags.HasErrors() {
		value, _ = value.Unmark()
		value, _ = convert.Convert(value, cty.String)
	}
	if diags.HasErrors() || value.IsNull() || !value.IsKnown() || value.Type() != cty.String {
		return "", diag.Errorf(at, "Invalid source",
			"The source of a module must be a literal string, because modules are read before anything is "+
				"evaluated.")
	}
	source := value.AsString()
	local := strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../") || source == "." || source == ".."
	if !local {
		return "", diag.Errorf(at, "Source is not a local folder",
			"Modules are folders of this configuration: source = \"./modules/%s\", relative to this file's folder. "+
				"Copy a module from elsewhere below the configuration's folder, or check it out there as a git "+
				"submodule.", m.Name)
	}
	dir := path.Join(from, source)
	if dir == ".." || strings.HasPrefix(dir, "../") {
		return "", diag.Errorf(at, "Source outside of the configuration",
			"%s leads out of the configuration's folder. Move the module below it.", source)
	}
	return dir, nil
}
