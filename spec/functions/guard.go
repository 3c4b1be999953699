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

// guard makes the errors of f fit to be shown. Many quote the argument that they
// object to (`cannot convert "hunter2" to number`), which a sensitive argument
// must not be; and cty reports a panic as an error with the stack in it.
//
// The guard itself takes every value, so that f's own parameters decide; and what
// it makes of tuples is made in linear time (Convert). What f makes is charged to a
// budget.
func guard(f function.Function, made *bounds.Budget) function.Function {
	params, rest := f.Params(), f.VarParam()
	spec := &function.Spec{
		Description: f.Description(),
		Params:      f.Params(),
		Type: func(args []cty.Value) (cty.Type, error) {
			converted, err := convertAll(params, rest, args, typeTo)
			if err != nil {
				return cty.NilType, fitToShow(err, args)
			}
			ty, err := f.ReturnTypeForValues(converted)
			return ty, fitToShow(err, args)
		},
		Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
			if made.Spent() { // which is reported
				return cty.UnknownVal(ty), nil
			}
			converted, err := convertAll(params, rest, args, Convert)
			if err != nil {
				return cty.NilVal, fitToShow(err, args)
			}
			for i, arg := range converted {
				if err := bounds.Value(arg); err != nil {
					return cty.NilVal, fitToShow(function.NewArgError(i, err), args)
				}
			}
			v, err := f.Call(converted)
			if err == nil {
				err = bounds.Value(v)
			}
			if err == nil {
				err = made.Charge(v)
			}
			return v, fitToShow(err, args)
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

// errNoResult replaces a panic of cty's: log(-1, 2), indent(-1, "a"),
// merge(null, "a").
var errNoResult = errors.New("it has no result for these arguments; look for null, infinity, or a number below zero")

// panicked reports whether an error is that of a panic, with its stack: one of cty's, or
// one within a template.
func panicked(text string) bool { return strings.Contains(text, "panic in function implementation") }

// WithoutStacks replaces the stack of a panic in an operator (infinity % 2), which nothing
// guards, by what guard says of a panic in a function.
func WithoutStacks(diags hcl.Diagnostics) hcl.Diagnostics {
	for i, d := range diags {
		if panicked(d.Detail) {
			plain := *d
			plain.Detail = fmt.Sprintf("This cannot be computed: %s.", errNoResult)
			diags[i] = &plain
		}
	}
	return diags
}

func allowAll(p *function.Parameter) {
	if p.Type.IsCollectionType() {
		p.Type = cty.DynamicPseudoType
	}
	p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked = true, true, true, true
}

func fitToShow(err error, args []cty.Value) error {
	if err == nil {
		return nil
	}
	var instead error
	if panicked(err.Error()) {
		instead = errNoResult
	}
	if slices.ContainsFunc(args, sensitive.Is) {
		instead = errors.New("the reason is not shown, since an argument is sensitive; nonsensitive(...) around it shows the reason")
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
