package spec

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// EnvPrefix begins the environment variables that set variables.
const EnvPrefix = "RETAINCTL_VAR_"

// given is the value that a source gives a variable: text, or an expression of a
// variable file.
type given struct {
	from string // for people: "-var", "RETAINCTL_VAR_site", a file's name
	flag bool   // given on the command line, with -var or -var-file
	text string
	expr hcl.Expression
}

// variables finds every variable's value and puts it into e.vars. A variable
// without one is left out; who refers to it reports that.
func (l *loader) variables(e *evaluator) {
	all := l.given()
	for _, name := range slices.Sorted(maps.Keys(l.decl.variables)) {
		decl := l.decl.variables[name]
		value, ok := l.value(decl, all)
		switch {
		case ok && decl.sensitive:
			e.vars[name] = value.Mark(sensitive.Mark)
		case ok:
			e.vars[name] = value
		case l.in.EvalBrokers:
			e.unset(decl)
		}
		if decl.sensitive {
			l.hide = append(l.hide, l.variableFiles()...)
		}
	}
	e.validate()
}

// value decides one variable's value; ok is false where there is none. A value
// that is wrong is reported and stands as unknown.
func (l *loader) value(decl *variableDecl, all map[string]given) (cty.Value, bool) {
	value, from := l.in.Preset[decl.name], "the saved plan"
	g, there := all[decl.name]
	if value != cty.NilVal && g.flag {
		l.checkPreset(decl, g, value)
	}
	if value == cty.NilVal {
		if !there {
			return decl.def, decl.def != cty.NilVal
		}
		var ok bool
		if value, ok = l.read(decl, g); !ok {
			return cty.DynamicVal, true
		}
		from = g.from
	}
	value, err := decl.convert(value)
	if err != nil {
		l.report(errorf(&decl.at, "Invalid value for variable", "The value of variable %q, given by %s, is not suitable: %s.", decl.name, from, err))
		return cty.DynamicVal, true
	}
	if !value.IsNull() || decl.nullable {
		return value, true
	}
	if decl.def == cty.NilVal {
		l.report(errorf(&decl.at, "Variable is null", "Variable %q has nullable = false and no default, so %s must give it a value that is not null.", decl.name, from))
		return cty.DynamicVal, true
	}
	return decl.def, true
}

// read gets the value out of a source. What is wrong with the text of a
// sensitive variable is not shown with the text.
func (l *loader) read(decl *variableDecl, g given) (cty.Value, bool) {
	if g.expr == nil && decl.literal() {
		return cty.StringVal(g.text), true
	}
	expr, diags := g.expr, hcl.Diagnostics(nil)
	if expr == nil {
		expr, diags = parseText(g)
	}
	value := cty.DynamicVal
	if !diags.HasErrors() {
		value, diags = expr.Value(nil)
	}
	if !diags.HasErrors() {
		return value, true
	}
	if decl.sensitive {
		diags = hcl.Diagnostics{errorf(&decl.at, "Invalid value for variable", "The value of variable %q, given by %s, is no valid expression. It is sensitive, so no more is shown.", decl.name, g.from)}
	} else if g.expr == nil {
		l.parser.AddFile(g.from, &hcl.File{Bytes: []byte(g.text)})
	}
	l.report(diags...)
	return value, false
}

// checkPreset refuses a value of the command line that is not the saved plan's:
// what was reviewed is what is applied.
func (l *loader) checkPreset(decl *variableDecl, g given, planned cty.Value) {
	value, ok := l.read(decl, g)
	if !ok {
		return
	}
	if value, err := decl.convert(value); err != nil || !value.RawEquals(planned) {
		l.report(errorf(&decl.at, "Variable differs from the saved plan", "%s gives var.%s another value than the one that the saved plan was made with. Apply the plan without it, or make a new plan.", g.from, decl.name))
	}
}

// parseText reads text from the command line or the environment as an expression.
func parseText(g given) (hcl.Expression, hcl.Diagnostics) {
	src := []byte(g.text)
	tokens, _ := hclsyntax.LexExpression(src, g.from, hcl.InitialPos)
	if d := bounds.Tokens(tokens); d != nil {
		return nil, hcl.Diagnostics{d}
	}
	return hclsyntax.ParseExpression(src, g.from, hcl.InitialPos)
}

// given collects what the sources say; a later source overrides an earlier one.
func (l *loader) given() map[string]given {
	all := map[string]given{}
	for _, entry := range l.in.Env {
		name, text, _ := strings.Cut(entry, "=")
		if short, ours := strings.CutPrefix(name, EnvPrefix); ours {
			all[short] = given{from: name, text: text}
		}
	}
	for _, name := range l.list(".auto.retainvars.hcl", ".auto.retainvars.json") {
		src, err := l.root.ReadFile(".", name)
		l.variableFile(given{from: name}, src, err, all)
	}
	for _, arg := range l.in.Vars {
		if arg.File != "" {
			src, err := os.ReadFile(arg.File)
			l.variableFile(given{from: arg.File, flag: true}, src, err, all)
			continue
		}
		l.argument(arg.Set, all)
	}
	return all
}

func (l *loader) argument(set string, all map[string]given) {
	name, text, ok := strings.Cut(set, "=")
	if !ok {
		l.report(errorf(nil, "Invalid -var", "-var takes NAME=VALUE, and this one has no \"=\" in it."))
		return
	}
	if _, declared := l.decl.variables[name]; !declared {
		l.report(errorf(nil, "Unknown variable", "-var sets %q, and no variable block declares that.%s", name, didYouMean(name, maps.Keys(l.decl.variables))))
		return
	}
	all[name] = given{from: "-var=" + name, flag: true, text: text}
}

// variableFile adds what a file sets. A name that is not declared is a warning:
// such files are shared between configurations.
func (l *loader) variableFile(from given, src []byte, err error, all map[string]given) {
	if err != nil {
		l.report(errorf(nil, "Variable file not readable", "%s. Check the name that -var-file gives.", sentence(err)))
		return
	}
	f := l.parseFile(src, from.from)
	if f == nil {
		return
	}
	attrs, diags := f.Body.JustAttributes()
	l.report(diags...)
	for _, key := range slices.Sorted(maps.Keys(attrs)) {
		attr := attrs[key]
		if _, declared := l.decl.variables[key]; !declared {
			l.report(warnf(&attr.NameRange, "Value for an undeclared variable", "No variable block declares %q.%s", key, didYouMean(key, maps.Keys(l.decl.variables))))
		}
		from.expr = attr.Expr
		all[key] = from
	}
}

// variableFiles names the variable files.
func (l *loader) variableFiles() []string {
	names := l.list(".auto.retainvars.hcl", ".auto.retainvars.json")
	for _, arg := range l.in.Vars {
		names = append(names, arg.File)
	}
	return names
}

// unset reports a variable that nothing gives a value, once.
func (e *evaluator) unset(decl *variableDecl) {
	e.vars[decl.name] = cty.DynamicVal
	e.tally.add(errorf(&decl.at, "No value for variable",
		"Variable %q has no default and is not set. Set it with -var=%s=VALUE, in a file named *.auto.retainvars.hcl, or as %s in the environment.", decl.name, decl.name, fmt.Sprint(EnvPrefix, decl.name)))
}
