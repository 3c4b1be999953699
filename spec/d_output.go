package spec

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// outputDecl is an output block.
type outputDecl struct {
	name          string
	at            hcl.Range
	value         *hcl.Attribute
	dependsOn     *hcl.Attribute
	sensitive     bool
	preconditions []rule
}

func (o *outputDecl) address() string { return "output." + o.name }

func (o *outputDecl) expressions() []hcl.Expression {
	exprs := ruleExpressions(o.preconditions)
	if o.value != nil {
		exprs = append(exprs, o.value.Expr)
	}
	return exprs
}

func (r *reader) output(b *hcl.Block, known map[string]*outputDecl) {
	name := b.Labels[0]
	if first, there := known[name]; there {
		r.duplicate(b.DefRange, fmt.Sprintf("output %q", name), first.at, "Names of outputs are unique over all files of a folder.")
		return
	}
	r.identifier(name, b.LabelRanges[0], "output")
	before := len(r.diags)
	content := r.content(b.Body, language.Find("output", ""))
	o := &outputDecl{name: name, at: b.DefRange, value: content.Attributes["value"], dependsOn: content.Attributes["depends_on"]}
	known[name] = o
	r.literal(content.Attributes["description"], new(string))
	r.literal(content.Attributes["sensitive"], &o.sensitive)
	if o.value == nil && len(r.diags) == before {
		r.report(diag.Errorf(&o.at, "Missing value", "An output has a value, which may be any expression."))
	}
	for _, block := range content.Blocks {
		if rule, ok := r.rule(block); ok {
			o.preconditions = append(o.preconditions, rule)
		}
	}
}
