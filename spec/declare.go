package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// declarations are the blocks of all files, by what they declare, before
// anything is evaluated.
type declarations struct {
	dir       string     // of the files, relative to the root
	settings  *hcl.Block // retainctl
	variables map[string]*variableDecl
	locals    map[string]*hcl.Attribute
	brokers   []*brokerDecl // in the order of declaration
	messages  map[string]*messageDecl
	scopes    []*scopeDecl // in the order of declaration
	modules   map[string]*moduleDecl
	outputs   map[string]*outputDecl
	checks    map[string]*checkDecl
	diags     hcl.Diagnostics
}

func rootSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: append(language.Headers(language.Blocks()), foreign...)}
}

// declare collects the blocks of the files of one folder and reports what is wrong
// with their shape.
func declare(bodies []hcl.Body, dir string) *declarations {
	d := &declarations{
		dir:       dir,
		variables: map[string]*variableDecl{},
		locals:    map[string]*hcl.Attribute{},
		messages:  map[string]*messageDecl{},
		modules:   map[string]*moduleDecl{},
		outputs:   map[string]*outputDecl{},
		checks:    map[string]*checkDecl{},
	}
	for _, body := range bodies {
		content, diags := body.Content(rootSchema())
		d.report(diags...)
		for _, block := range content.Blocks {
			d.block(block)
		}
	}
	return d
}

func (d *declarations) report(diags ...*hcl.Diagnostic) { d.diags = append(d.diags, diags...) }

// rootOnly tells whether a block speaks of brokers as a whole. A module has none
// of its own: it is called several times.
func rootOnly(typ string) bool {
	return slices.ContainsFunc(language.Blocks(), func(b language.Block) bool { return b.Type == typ && b.RootOnly })
}

func (d *declarations) block(b *hcl.Block) {
	if d.dir != "." && rootOnly(b.Type) {
		d.report(diag.Errorf(&b.DefRange, "Block of the root module", "%q blocks stand in the root module only, and %s is the folder of a module. Move the block to the configuration's own folder.", b.Type, d.dir))
		return
	}
	switch b.Type {
	case "retainctl":
		if d.settings != nil {
			d.duplicate(b.DefRange, "retainctl block", d.settings.DefRange, "Merge them: one configuration has one.")
			return
		}
		d.settings = b
	case "broker":
		d.broker(b)
	case "variable":
		d.variable(b)
	case "locals":
		d.local(b)
	case "message":
		d.message(b)
	case "exclusive", "schema", "protect", "removed":
		d.scope(b)
	case "module":
		d.module(b)
	case "output":
		d.output(b)
	case "check":
		d.check(b)
	default:
		d.report(diag.Errorf(&b.DefRange, "Block of Terraform", "retainctl has no %q blocks. %s", b.Type, instead(b.Type)))
	}
}

func (d *declarations) local(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	d.report(diags...)
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		attr := attrs[name]
		if first, there := d.locals[name]; there {
			d.duplicate(attr.NameRange, fmt.Sprintf("local %q", name), first.NameRange, "Names of locals are unique over all files.")
			continue
		}
		d.identifier(name, attr.NameRange, "local")
		d.locals[name] = attr
	}
}

// duplicate reports a second declaration and shows where the first stands.
func (d *declarations) duplicate(at hcl.Range, what string, first hcl.Range, advice string) {
	d.report(diag.Errorf(&at, "Duplicate "+what, "The first one stands at %s. %s", first, advice))
}

// identifier checks a name that expressions use without quotes.
func (d *declarations) identifier(name string, at hcl.Range, what string) {
	if !hclsyntax.ValidIdentifier(name) {
		d.report(diag.Errorf(&at, "Invalid name", "The name of a %s starts with a letter and goes on with letters, digits, \"_\" and \"-\", so that expressions can use it; %q does not.", what, name))
	}
}

// content reads a block's body as it is described, with what is wrong reported.
func (d *declarations) content(body hcl.Body, as *language.Block) *hcl.BodyContent {
	content, diags := body.Content(as.Schema())
	d.report(diags...)
	return content
}
