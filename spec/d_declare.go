package spec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

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
}

func rootSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: append(language.Headers(language.Blocks()), foreign...)}
}

// declare collects the blocks of the files of one folder and reports what is wrong
// with their shape.
func declare(bodies []hcl.Body, dir string) (*declarations, hcl.Diagnostics) {
	var r reader
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
		r.report(diags...)
		for _, block := range content.Blocks {
			d.block(&r, block)
		}
	}
	return d, r.diags
}

// rootOnly tells whether a block speaks of brokers as a whole. A module has none
// of its own: it is called several times.
func rootOnly(typ string) bool {
	return slices.ContainsFunc(language.Blocks(), func(b language.Block) bool { return b.Type == typ && b.RootOnly })
}

// block takes in one block of the top level.
func (d *declarations) block(r *reader, b *hcl.Block) {
	if d.dir != "." && rootOnly(b.Type) {
		r.report(diag.Errorf(&b.DefRange, "Block of the root module", "%q blocks stand in the root module only, and %s is the folder of a module. Move the block to the configuration's own folder.", b.Type, d.dir))
		return
	}
	switch b.Type {
	case "retainctl":
		if d.settings != nil {
			r.duplicate(b.DefRange, "retainctl block", d.settings.DefRange, "Merge them: one configuration has one.")
			return
		}
		d.settings = b
	case "broker":
		d.brokers = r.broker(b, d.brokers)
	case "variable":
		r.variable(b, d.variables)
	case "locals":
		r.local(b, d.locals)
	case "message":
		r.message(b, d.messages)
	case "exclusive", "schema", "protect", "removed":
		d.scopes = r.scope(b, d.scopes)
	case "module":
		r.module(b, d.modules)
	case "output":
		r.output(b, d.outputs)
	case "check":
		r.check(b, d.checks)
	default:
		r.report(diag.Errorf(&b.DefRange, "Block of Terraform", "retainctl has no %q blocks. %s", b.Type, instead(b.Type)))
	}
}

// beyondBrokers are the expressions of all blocks but broker blocks and locals.
func (d *declarations) beyondBrokers() []hcl.Expression {
	var all []hcl.Expression
	for _, m := range d.messages {
		all = append(all, m.expressions()...)
		all = append(all, expressions(m.lifecycle)...)
	}
	for _, s := range d.scopes {
		all = append(all, expressions(s.attrs)...)
	}
	for _, m := range d.modules {
		all = append(all, expressions(m.attrs)...)
		all = append(all, expressions(m.inputs)...)
	}
	for _, o := range d.outputs {
		all = append(all, o.expressions()...)
	}
	for _, c := range d.checks {
		all = append(all, ruleExpressions(c.asserts)...)
	}
	return all
}
