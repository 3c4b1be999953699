package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/diag"
)

// evaluator evaluates single expressions, in contexts with all values that they refer to.
type evaluator struct {
	work       *Work
	sawUnknown bool // a value was unknown; a diagnostic must say why
}

// ended returns the diagnostic that the evaluation was ended from outside, or nil if it was not.
func (e *evaluator) ended() *hcl.Diagnostic {
	err := e.work.Ended()
	if err == nil {
		return nil
	}
	return diag.Errorf(e.work.At(), "Evaluation ended",
		"The evaluation was ended before it was complete: %s. Evaluate the configuration again.", diag.Sentence(err))
}

// begin says that an expression is evaluated now. It returns false if the evaluation has ended.
func (e *evaluator) begin(expr hcl.Expression) bool {
	if e.work.Ended() != nil {
		return false
	}
	e.work.Begin(expr)
	return true
}

// evalInto evaluates an expression and reports its errors to sink. ok is false if it has errors,
// or if it depends on something that has.
func (e *evaluator) evalInto(sink *diag.Sink, ctx *hcl.EvalContext, expr hcl.Expression) (_ cty.Value, ok bool) {
	if !e.begin(expr) {
		return cty.DynamicVal, false
	}
	value, diags := expr.Value(ctx)
	if len(diags) > 0 {
		sink.AddEvaluated(diags, expr, ctx)
		if diags.HasErrors() {
			return cty.DynamicVal, false
		}
	}
	left := bounds.MaxParts
	if bounds.WhollyKnown(value, &left) {
		return value, true
	}
	if left < 0 {
		sink.Add(diag.Errorf(expr.Range().Ptr(), "Value too large",
			"It contains more than %d values. A value that it contains several times counts each time.", bounds.MaxParts))
	}
	e.sawUnknown = true
	return cty.DynamicVal, false
}

// evalSecret evaluates an argument that is always sensitive, even if its value is not marked.
// It reports errors without their values.
func (e *evaluator) evalSecret(sink *diag.Sink, ctx *hcl.EvalContext, expr hcl.Expression) (cty.Value, bool) {
	if !e.begin(expr) {
		return cty.DynamicVal, false
	}
	value, diags := expr.Value(ctx)
	for _, d := range diags {
		sink.Add(diag.Withheld(d))
	}
	return value, !diags.HasErrors() && value.IsWhollyKnown()
}
