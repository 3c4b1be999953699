package declare

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// Rule is a condition that must hold: a validation, precondition, postcondition
// or assert block.
type Rule struct {
	kind               string // the block's type
	Condition, Message hcl.Expression
}

// rule reads the block of a rule. ok is false if the block is incomplete, which is reported.
func (r *reader) rule(b *hcl.Block) (_ Rule, ok bool) {
	content := r.content(b.Body, new(language.Rule(b.Type, "")))
	condition, message := content.Attributes["condition"], content.Attributes["error_message"]
	if condition == nil || message == nil {
		article := "A"
		if strings.HasPrefix(b.Type, "a") {
			article = "An"
		}
		r.report(diag.Errorf(&b.DefRange, "Incomplete "+b.Type,
			"%s %s block needs both condition, an expression that is true if all is well, and error_message, a "+
				"sentence that says what is wrong and how to fix it.", article, b.Type))
		return Rule{}, false
	}
	return Rule{b.Type, condition.Expr, message.Expr}, true
}

// RuleExpressions returns the expressions of rules.
func RuleExpressions(rules []Rule) []hcl.Expression {
	var exprs []hcl.Expression
	for _, rule := range rules {
		exprs = append(exprs, rule.Condition, rule.Message)
	}
	return exprs
}

// Failure returns the diagnostic of a rule that does not hold. With ctx, a diagnostic writer
// can show the values of the names in the condition.
func (r Rule) Failure(severity hcl.DiagnosticSeverity, message string, ctx *hcl.EvalContext) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: severity, Summary: diag.Capital(r.kind) + " failed", Detail: message,
		Subject: r.Condition.Range().Ptr(), Expression: r.Condition, EvalContext: ctx,
	}
}
