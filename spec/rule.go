package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// fails evaluates a rule and reports whether its condition is false, with the rule's error
// message. A rule that cannot be evaluated is reported and does not fail.
func (e *evaluator) fails(sink *diag.Sink, ctx *hcl.EvalContext, r declare.Rule) (message string, failed bool) {
	value, ok := e.evalInto(sink, ctx, r.Condition)
	if !ok {
		return "", false
	}
	value, _ = value.Unmark()
	value, err := convert.Convert(value, cty.Bool)
	if err != nil || value.IsNull() {
		sink.Add(diag.Errorf(r.Condition.Range().Ptr(), "Invalid condition",
			"A condition must be true or false, and the value of this one is neither."))
		return "", false
	}
	if value.True() {
		return "", false
	}
	return e.errorMessage(sink, ctx, r), true
}

func (e *evaluator) errorMessage(sink *diag.Sink, ctx *hcl.EvalContext, r declare.Rule) string {
	const fallback = "The condition does not hold."
	value, ok := e.evalInto(sink, ctx, r.Message)
	switch {
	case !ok:
		return fallback
	case sensitive.Is(value):
		return fallback + " Its error_message holds a sensitive value and is not shown."
	}
	value, err := convert.Convert(value, cty.String)
	if err != nil || value.IsNull() {
		sink.Add(diag.Errorf(r.Message.Range().Ptr(), "Invalid error message", "error_message must be a string."))
		return fallback
	}
	return value.AsString()
}

// require evaluates rules, each in the context that contextOf returns. It reports those that do
// not hold, and returns true if all hold.
func (e *evaluator) require(sink *diag.Sink, rules []declare.Rule, contextOf func(declare.Rule) *hcl.EvalContext) bool {
	held := true
	for _, r := range rules {
		ctx := contextOf(r)
		if message, failed := e.fails(sink, ctx, r); failed {
			sink.Add(r.Failure(hcl.DiagError, message, ctx))
			held = false
		}
	}
	return held
}
