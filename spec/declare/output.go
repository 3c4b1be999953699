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
	Value         *hcl.Attribute // nil if it is missing, which has been reported
	DependsOn     *hcl.Attribute
	Sensitive     bool
	Preconditions []Rule
}

// Address returns the block's address within its module: output.NAME.
func (o *Output) Address() string { return "output." + o.name }

// Expressions returns the expressions of the block, without depends_on.
func (o *Output) Expressions() []hcl.Expression {
	exprs := RuleExpressions(o.Preconditions)
	if o.Value != nil {
		exprs = append(exprs, o.Value.Expr)
	}
	return exprs
}

// output adds an output block to the known ones.
func (r *reader) output(b *hcl.Block, known map[string]*Output) {
	name := b.Labels[0]
	if first, ok := known[name]; ok {
		r.duplicate(b.DefRange, fmt.Sprintf("output %q", name), first.At,
			"Names of outputs are unique across all files of a folder.")
		return
	}
	r.identifier(name, b.LabelRanges[0], "output")
	before := len(r.diags)
	content := r.content(b.Body, language.Find("output", ""))
	attrs := content.Attributes
	o := &Output{name: name, At: b.DefRange, Value: attrs["value"], DependsOn: attrs["depends_on"]}
	known[name] = o
	r.literal(attrs["description"], new(string))
	r.literal(attrs["sensitive"], &o.Sensitive)
	if o.Value == nil && len(r.diags) == before {
		r.report(diag.Errorf(&o.At, "Missing value", "An output needs a value, which can be any expression."))
	}
	for _, block := range content.Blocks {
		if rule, ok := r.rule(block); ok {
			o.Preconditions = append(o.Preconditions, rule)
		}
	}
}
