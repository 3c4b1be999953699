package functions

import (
	"errors"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// templates renders templates with the functions of the calling module, except the rendering
// functions themselves: a template that renders itself would never end.
type templates struct {
	files     files
	functions map[string]function.Function
	parsed    *sync.Map // path to hclsyntax.Expression: a for_each renders the same file for every device
}

// fromFile returns templatefile.
func (t templates) fromFile() function.Function {
	source := func(args []cty.Value) (hclsyntax.Expression, error) {
		name := args[0].AsString()
		if expr, ok := t.parsed.Load(name); ok {
			return expr.(hclsyntax.Expression), nil
		}
		text, err := t.files.text(name)
		if err != nil {
			return nil, err
		}
		expr, err := t.parse(text, name)
		if err == nil {
			t.parsed.Store(name, expr)
		}
		return expr, err
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, templateVars()},
		Type: func(args []cty.Value) (cty.Type, error) {
			if !args[0].IsKnown() || !args[1].IsKnown() {
				return cty.DynamicPseudoType, nil
			}
			expr, err := source(args)
			if err != nil {
				return cty.NilType, err
			}
			if _, single := expr.(*hclsyntax.TemplateWrapExpr); !single {
				return cty.String, nil
			}
			v, err := t.render(expr, args[1])
			return v.Type(), err
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			expr, err := source(args)
			if err != nil {
				return cty.NilVal, err
			}
			return t.render(expr, args[1])
		},
	})
}

// templateVars returns the parameter for a template's variables. It accepts marks, so that the
// template decides, as with jsonencode: only results that use a sensitive variable are sensitive.
func templateVars() function.Parameter {
	return function.Parameter{Name: "vars", Type: cty.DynamicPseudoType, AllowMarked: true, AllowUnknown: true}
}

// fromString returns templatestring. It takes the template as an expression, to distinguish a
// reference from a literal, which is refused: its variables would be those of the enclosing scope.
func (t templates) fromString() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "template", Type: customdecode.ExpressionClosureType},
			templateVars(),
		},
		Type:         function.StaticReturnType(cty.String),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text, marks, err := referencedString(customdecode.ExpressionClosureFromVal(args[0]))
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			if !text.IsKnown() || !args[1].IsKnown() {
				return cty.UnknownVal(cty.String).WithMarks(marks), nil
			}
			expr, err := t.parse(text.AsString(), "<templatestring argument>")
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			v, err := t.render(expr, args[1])
			if err != nil {
				return cty.NilVal, err
			}
			if v.Type() != cty.String {
				return cty.NilVal, errors.New("the result of the template is not a string: " +
					"write text around the ${ } sequence, or use the expression itself")
			}
			return v.WithMarks(marks), nil
		},
	})
}

// referencedString returns the string that the expression refers to, without its marks, and the marks.
func referencedString(template *customdecode.ExpressionClosure) (cty.Value, cty.ValueMarks, error) {
	switch template.Expression.(type) {
	case *hclsyntax.TemplateExpr, *hclsyntax.TemplateWrapExpr:
		return cty.NilVal, nil, errors.New("templatestring takes a reference to a template, without ${ } around it; " +
			"write a literal template as an ordinary string expression, without templatestring")
	case *hclsyntax.ScopeTraversalExpr, *hclsyntax.RelativeTraversalExpr, *hclsyntax.IndexExpr:
	default:
		return cty.NilVal, nil, errors.New("the template must be a direct reference to a string, such as local.greeting")
	}
	v, diags := template.Value()
	if diags.HasErrors() {
		return cty.NilVal, nil, diags
	}
	v, marks := v.Unmark()
	if v.IsNull() || v.Type() != cty.String && v.Type() != cty.DynamicPseudoType {
		return cty.NilVal, nil, errors.New("invalid template value: a string is required")
	}
	return v, marks, nil
}

func (t templates) parse(text, name string) (hclsyntax.Expression, error) {
	tokens, _ := hclsyntax.LexTemplate([]byte(text), name, hcl.InitialPos)
	if d := bounds.Tokens(tokens); d != nil {
		return nil, d
	}
	expr, diags := hclsyntax.ParseTemplate([]byte(text), name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, withoutFullStop(diags)
	}
	sensitive.KeepKeyMarks(expr)
	return expr, nil
}

// render returns the value of the template, which may use vars and nothing else.
func (t templates) render(expr hclsyntax.Expression, vars cty.Value) (cty.Value, error) {
	vars, marks := vars.Unmark()
	if ty := vars.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		return cty.NilVal, function.NewArgErrorf(1, "invalid vars value: must be a map")
	}
	names := vars.AsValueMap()
	for name := range names {
		if !hclsyntax.ValidIdentifier(name) {
			return cty.NilVal, function.NewArgErrorf(1, "invalid template variable name %q: "+
				"must start with a letter, followed by zero or more letters, digits, and underscores", name)
		}
	}
	for _, ref := range expr.Variables() {
		if _, ok := names[ref.RootName()]; !ok {
			return cty.NilVal, function.NewArgErrorf(1,
				"vars map does not contain key %q, referenced at %s", ref.RootName(), ref[0].SourceRange())
		}
	}
	v, diags := expr.Value(&hcl.EvalContext{Variables: names, Functions: t.functions})
	if diags.HasErrors() {
		return cty.NilVal, withoutFullStop(diags)
	}
	return v.WithMarks(marks), nil
}

// withoutFullStop returns the diagnostics as an error without the full stop: hcl appends one to
// the error of a function.
func withoutFullStop(diags hcl.Diagnostics) error {
	return errors.New(strings.TrimSuffix(diags.Error(), "."))
}
