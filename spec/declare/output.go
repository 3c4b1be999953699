package declare

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// Output is an output block.
type Output struct {
	name          string
	At            hcl.Range      // of the block's header
	Value         *hcl.Attribute // nil if it is missing, which was reported
	DependsOn     *hcl.Attribute
	Sensitive     bool
	Preconditions []Rule
}

// Address returns the block's address, without the module that it is in.
func (o *Output) Address() string { return "output." + o.name }

// Expressions returns all of the block.
func (o *Output) Expressions() []hcl.Expression {
	exprs := RuleExpressions(o.Preconditions)
	if o.Value != nil {
		exprs = append(exprs, o.Value.Expr)
	}
	return exprs
}

// output adds an output block to those that are known.
func (r *reader) output(b *hcl.Block, known map[string]*Output) {
	name := b.Labels[0]
	if first, there := known[name]; there {
		r.duplicate(b.DefRange, fmt.Sprintf("output %q", name), first.At,
			"Names of outputs are unique over all files of a folder.")
		return
	}
	r.identifier(name, b.LabelRanges[0], "output")
	before := len(r.diags)
	content := r.content(b.Body, language.Find("output", ""))
	o := &Output{name: name, At: b.DefRange, Value: content.Attributes["value"], DependsOn: content.Attributes["depends_on"]}
	known[name] = o
	r.literal(content.Attributes["description"], new(string))
	r.literal(content.Attributes["sensitive"], &o.Sensitive)
	if o.Value == nil && len(r.diags) == before {
		r.report(diag.Errorf(&o.At, "Missing value", "An output has a value, which may be any expression."))
	}
	for _, block := range content.Blocks {
		if rule, ok := r.rule(block); ok {
			o.Preconditions = append(o.Preconditions, rule)
		}
	}
}
