package spec

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/sensitive"
)

// rule is a condition that must hold: a validation, precondition, postcondition
// or assert block.
type rule struct {
	kind               string // the block's type
	condition, message hcl.Expression
}

// rule reads such a block.
func (d *declarations) rule(b *hcl.Block) (rule, bool) {
	content := d.content(b.Body, new(ruleBlock(b.Type, "")))
	condition, message := content.Attributes["condition"], content.Attributes["error_message"]
	if condition == nil || message == nil {
		article := "A"
		if strings.HasPrefix(b.Type, "a") {
			article = "An"
		}
		d.report(errorf(&b.DefRange, "Incomplete "+b.Type, "%s %s block needs both condition, an expression that is true where all is well, and error_message, a sentence for the one who must put it right.", article, b.Type))
		return rule{}, false
	}
	return rule{b.Type, condition.Expr, message.Expr}, true
}

func ruleExpressions(rules []rule) []hcl.Expression {
	var exprs []hcl.Expression
	for _, r := range rules {
		exprs = append(exprs, r.condition, r.message)
	}
	return exprs
}

// fails evaluates a rule. Where its condition is false, it gives the rule's error
// message. A rule that cannot be evaluated was reported, and does not fail.
func (e *evaluator) fails(t *tally, ctx *hcl.EvalContext, r rule) (message string, failed bool) {
	value, ok := e.evalInto(t, ctx, r.condition)
	if !ok {
		return "", false
	}
	value, _ = value.Unmark()
	value, err := convert.Convert(value, cty.Bool)
	if err != nil || value.IsNull() {
		t.add(errorf(r.condition.Range().Ptr(), "Invalid condition", "A condition is true or false, and the value of this one is neither."))
		return "", false
	}
	if value.True() {
		return "", false
	}
	return e.errorMessage(t, ctx, r), true
}

func (e *evaluator) errorMessage(t *tally, ctx *hcl.EvalContext, r rule) string {
	const otherwise = "The condition does not hold."
	value, ok := e.evalInto(t, ctx, r.message)
	switch {
	case !ok:
		return otherwise
	case sensitive.Is(value):
		return otherwise + " Its error_message holds a sensitive value and is not shown."
	}
	value, err := convert.Convert(value, cty.String)
	if err != nil || value.IsNull() {
		t.add(errorf(r.message.Range().Ptr(), "Invalid error message", "error_message is a string."))
		return otherwise
	}
	return value.AsString()
}

// require reports the rules that do not hold, in the contexts that scope gives, and
// tells whether all do.
func (e *evaluator) require(t *tally, rules []rule, scope func(rule) *hcl.EvalContext) bool {
	held := true
	for _, r := range rules {
		ctx := scope(r)
		if message, failed := e.fails(t, ctx, r); failed {
			t.add(r.failure(hcl.DiagError, message, ctx))
			held = false
		}
	}
	return held
}

// failure is the diagnostic of a rule that does not hold. Its context lets the
// writer say what the names in the condition stood for.
func (r rule) failure(severity hcl.DiagnosticSeverity, message string, ctx *hcl.EvalContext) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: severity, Summary: capital(r.kind) + " failed", Detail: message,
		Subject: r.condition.Range().Ptr(), Expression: r.condition, EvalContext: ctx,
	}
}
