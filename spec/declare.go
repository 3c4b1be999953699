package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// declarations are the blocks of all files, by what they declare, before
// anything is evaluated.
type declarations struct {
	settings  *hcl.Block // retainctl
	variables map[string]*variableDecl
	locals    map[string]*hcl.Attribute
	brokers   []*brokerDecl // in the order of declaration
	messages  map[string]*messageDecl
	scopes    []*scopeDecl // in the order of declaration
	diags     hcl.Diagnostics
}

// later are the blocks of the language that this version cannot carry out.
// Ignoring one would delete or keep what its author says otherwise about.
var later = []hcl.BlockHeaderSchema{
	{Type: "module", LabelNames: []string{"name"}},
	{Type: "output", LabelNames: []string{"name"}},
	{Type: "check", LabelNames: []string{"name"}},
}

func rootSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: append([]hcl.BlockHeaderSchema{
		{Type: "retainctl"},
		{Type: "broker", LabelNames: []string{"type", "name"}},
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "locals"},
		{Type: "message", LabelNames: []string{"name"}},
		{Type: "exclusive", LabelNames: []string{"name"}},
		{Type: "schema", LabelNames: []string{"name"}},
		{Type: "protect", LabelNames: []string{"name"}},
		{Type: "removed"},
	}, later...)}
}

// declare collects the blocks of the files and reports what is wrong with their
// shape.
func declare(bodies []hcl.Body) *declarations {
	d := &declarations{
		variables: map[string]*variableDecl{},
		locals:    map[string]*hcl.Attribute{},
		messages:  map[string]*messageDecl{},
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

func (d *declarations) block(b *hcl.Block) {
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
	default:
		d.report(errorf(&b.DefRange, "Block not supported yet",
			"This version of retainctl does not support %q blocks yet. It does not ignore them either, since that would change what is published and deleted: remove the block, or use a version that knows it.", b.Type))
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
	d.report(errorf(&at, "Duplicate "+what, "The first one stands at %s. %s", first, advice))
}

// identifier checks a name that expressions use without quotes.
func (d *declarations) identifier(name string, at hcl.Range, what string) {
	if !hclsyntax.ValidIdentifier(name) {
		d.report(errorf(&at, "Invalid name", "The name of a %s starts with a letter and goes on with letters, digits, \"_\" and \"-\", so that expressions can use it; %q does not.", what, name))
	}
}

// content reads a block's body by its schema, with what is wrong reported.
func (d *declarations) content(body hcl.Body, attrs []string, blocks ...string) *hcl.BodyContent {
	schema := &hcl.BodySchema{}
	for _, name := range attrs {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	for _, name := range blocks {
		schema.Blocks = append(schema.Blocks, hcl.BlockHeaderSchema{Type: name})
	}
	content, diags := body.Content(schema)
	d.report(diags...)
	return content
}
