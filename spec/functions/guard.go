package functions

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// guard returns f with errors that can be shown. Many of cty's errors quote the argument that
// is wrong (`cannot convert "hunter2" to number`), which may be sensitive, and cty reports a
// panic as an error that contains the stack.
//
// The parameters of the guard accept every value, so that f's own parameters decide. The guard
// converts tuples and objects in linear time (Convert), and calls f no more once the work has ended.
func guard(f function.Function, work *bounds.Work) function.Function {
	params, rest := f.Params(), f.VarParam()
	spec := &function.Spec{
		Description: f.Description(),
		Params:      f.Params(),
		Type: func(args []cty.Value) (cty.Type, error) {
			converted, err := convertCollections(params, rest, args, convertForType)
			if err != nil {
				return cty.NilType, redactError(err, args)
			}
			ty, err := f.ReturnTypeForValues(converted)
			return ty, redactError(err, args)
		},
		Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
			if work.Ended() != nil { // which is reported once, by whoever evaluates
				return cty.UnknownVal(ty), nil
			}
			converted, err := convertCollections(params, rest, args, Convert)
			if err != nil {
				return cty.NilVal, redactError(err, args)
			}
			for i, arg := range converted {
				if err := bounds.Value(arg); err != nil {
					return cty.NilVal, redactError(function.NewArgError(i, err), args)
				}
			}
			v, err := f.Call(converted)
			if err == nil {
				err = bounds.Value(v)
			}
			return v, redactError(err, args)
		},
	}
	for i := range spec.Params {
		allowAll(&spec.Params[i])
	}
	if rest != nil {
		spec.VarParam = &function.Parameter{Name: rest.Name, Type: rest.Type}
		allowAll(spec.VarParam)
	}
	return function.New(spec)
}

// errNoResult replaces a panic in cty: log(-1, 2), indent(-1, "a"), merge(null, "a").
var errNoResult = errors.New("there is no result for these arguments; look for null, infinity, or a number below zero")

// isPanic reports whether the text of an error contains a panic with its stack, from cty or from
// within a template.
func isPanic(text string) bool { return strings.Contains(text, "panic in function implementation") }

// WithoutStacks returns diags with every stack replaced by the message that guard has for a
// panic in a function. Operators are not guarded and may panic: infinity % 2.
func WithoutStacks(diags hcl.Diagnostics) hcl.Diagnostics {
	for i, d := range diags {
		if isPanic(d.Detail) {
			plain := *d
			plain.Detail = fmt.Sprintf("This cannot be computed: %s.", errNoResult)
			diags[i] = &plain
		}
	}
	return diags
}

// allowAll makes the parameter accept every value.
func allowAll(p *function.Parameter) {
	if p.Type.IsCollectionType() {
		p.Type = cty.DynamicPseudoType
	}
	p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked = true, true, true, true
}

// redactError returns err without a stack and, if an argument is sensitive, without its reason.
func redactError(err error, args []cty.Value) error {
	if err == nil {
		return nil
	}
	var instead error
	if isPanic(err.Error()) {
		instead = errNoResult
	}
	if slices.ContainsFunc(args, sensitive.Is) {
		instead = errors.New("the reason is not shown because an argument is sensitive; nonsensitive(...) around it shows the reason")
	}
	at := function.ArgError{}
	switch {
	case instead == nil:
		return err
	case errors.As(err, &at):
		return function.NewArgError(at.Index, instead)
	}
	return instead
}
