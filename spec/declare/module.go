// Package declare reads what a configuration declares: its folders, files and blocks,
// with the expressions in them and without a value. A Module holds the blocks of one
// folder and, through its calls, the modules below it.
//
// What is wrong with a file, a block's shape or a literal argument comes back as
// diagnostics, all of them, each with its place. Files are read below the root of the
// configuration only, and their nesting is bounded before they are parsed.
package declare

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// Module is what the files of one folder declare.
type Module struct {
	Dir          string     // the folder, relative to the root
	Settings     *hcl.Block // the retainctl block; nil if there is none
	Variables    map[string]*Variable
	Locals       map[string]*hcl.Attribute
	Brokers      []*Broker // in the order of declaration
	Messages     map[string]*Message
	FilterBlocks []*FilterBlock // in the order of declaration
	Calls        map[string]*Call
	Outputs      map[string]*Output
	Checks       map[string]*Check
}

// rootSchema returns the blocks that HCL accepts in a file.
func rootSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: append(language.Headers(language.Blocks()), foreign...)}
}

// declare collects the blocks of the files of one folder and reports what is wrong
// with their shape.
func declare(bodies []hcl.Body, dir string) (*Module, hcl.Diagnostics) {
	var r reader
	d := &Module{
		Dir:       dir,
		Variables: map[string]*Variable{},
		Locals:    map[string]*hcl.Attribute{},
		Messages:  map[string]*Message{},
		Calls:     map[string]*Call{},
		Outputs:   map[string]*Output{},
		Checks:    map[string]*Check{},
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

// rootOnly reports whether a block is about whole brokers. A module has none, since it
// is called several times.
func rootOnly(typ string) bool {
	return slices.ContainsFunc(language.Blocks(), func(b language.Block) bool { return b.Type == typ && b.RootOnly })
}

// block takes in one block of the top level.
func (d *Module) block(r *reader, b *hcl.Block) {
	if d.Dir != "." && rootOnly(b.Type) {
		r.report(diag.Errorf(&b.DefRange, "Block of the root module",
			"%q blocks stand in the root module only, and %s is the folder of a module. Move the block to the "+
				"configuration's own folder.", b.Type, d.Dir))
		return
	}
	switch b.Type {
	case "retainctl":
		if d.Settings != nil {
			r.duplicate(b.DefRange, "retainctl block", d.Settings.DefRange, "Merge them: one configuration has one.")
			return
		}
		d.Settings = b
	case "broker":
		d.Brokers = r.broker(b, d.Brokers)
	case "variable":
		r.variable(b, d.Variables)
	case "locals":
		r.local(b, d.Locals)
	case "message":
		r.message(b, d.Messages)
	case "exclusive", "schema", "protect", "removed":
		d.FilterBlocks = r.filterBlock(b, d.FilterBlocks)
	case "module":
		r.module(b, d.Calls)
	case "output":
		r.output(b, d.Outputs)
	case "check":
		r.check(b, d.Checks)
	default:
		r.report(diag.Errorf(&b.DefRange, "Block of Terraform", "retainctl has no %q blocks. %s", b.Type, instead(b.Type)))
	}
}

// BeyondBrokers returns the expressions of all blocks except broker blocks and locals.
func (d *Module) BeyondBrokers() []hcl.Expression {
	var all []hcl.Expression
	for _, m := range d.Messages {
		all = append(all, m.Expressions()...)
		all = append(all, Expressions(m.Lifecycle)...)
	}
	for _, s := range d.FilterBlocks {
		all = append(all, Expressions(s.Attrs)...)
	}
	for _, m := range d.Calls {
		all = append(all, Expressions(m.Attrs)...)
		all = append(all, Expressions(m.Inputs)...)
	}
	for _, o := range d.Outputs {
		all = append(all, o.Expressions()...)
	}
	for _, c := range d.Checks {
		all = append(all, RuleExpressions(c.Asserts)...)
	}
	return all
}
