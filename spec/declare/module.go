// Package declare reads the declarations of a configuration: its folders, files and blocks,
// with their expressions, which it does not evaluate. A Module has the blocks of one folder
// and, through its calls, the modules below it.
//
// Mistakes in a file, in a block's structure or in a literal argument are returned as
// diagnostics: all of them, each with its range. Files are read only below the root of the
// configuration, and their nesting is bounded before they are parsed.
package declare

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// Module holds the declarations in the files of one folder.
type Module struct {
	Dir          string     // the folder, relative to the root; "." for the root
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

// rootSchema returns the schema that HCL checks a file against.
func rootSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: append(language.Headers(language.Blocks()), foreign...)}
}

// declare collects the blocks in the files of one folder and reports mistakes in their
// structure.
func (s *Source) declare(bodies []hcl.Body, dir string) (*Module, hcl.Diagnostics) {
	r := reader{work: s.work}
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

// rootOnly reports whether a type of block is allowed in the root module only. Such blocks
// apply to whole brokers, and other modules can be called several times.
func rootOnly(typ string) bool {
	return slices.ContainsFunc(language.Blocks(), func(b language.Block) bool { return b.Type == typ && b.RootOnly })
}

// block adds one top-level block.
func (d *Module) block(r *reader, b *hcl.Block) {
	if d.Dir != "." && rootOnly(b.Type) {
		r.report(diag.Errorf(&b.DefRange, "Block of the root module",
			"%q blocks are allowed in the root module only, and %s is the folder of another module. Move the block "+
				"to the configuration's own folder.", b.Type, d.Dir))
		return
	}
	switch b.Type {
	case "retainctl":
		if d.Settings != nil {
			r.duplicate(b.DefRange, "retainctl block", d.Settings.DefRange,
				"Merge them: a configuration can have only one.")
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

// NonBrokerExpressions returns the expressions of all blocks other than broker and locals blocks.
func (d *Module) NonBrokerExpressions() []hcl.Expression {
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
