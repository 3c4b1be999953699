package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// Inputs are what an invocation adds to the files of a folder.
type Inputs struct {
	Vars          []VarArg // -var and -var-file in the order given: the later wins
	Env           []string // as os.Environ gives it; RETAINCTL_VAR_name sets a variable
	BackendConfig []string // -backend-config=K=V, each
	Version       string   // of this program, for required_version; "" is not checked

	// EvalBrokers has broker arguments evaluated. Without it (-refresh=false)
	// Settings stay nil, and variables that only broker blocks use may be unset.
	EvalBrokers bool

	// BackendOnly has nothing evaluated but the backend block: the folder is that of
	// an earlier configuration, whose data files need not be there.
	BackendOnly bool

	// Preset are the variables of a saved plan, by name. They override all else.
	Preset map[string]cty.Value

	made *bounds.Budget // nil: the usual one
}

// maxVariables is the size of the largest file that -var-file names, in bytes.
const maxVariables = 64 << 20

// VarArg is one -var=NAME=VALUE or one -var-file=FILE: one of the two is set.
type VarArg struct{ Set, File string }

// given is what a source sets a variable to: text, or an expression of a variable file.
type given struct {
	from string // for people: "-var", "RETAINCTL_VAR_site", a file's name
	flag bool   // given on the command line, with -var or -var-file
	text string
	expr hcl.Expression
}

// inputReader finds the values of the root module's variables.
type inputReader struct {
	*declare.Source
	in   Inputs
	decl *declare.Module
	hide []string // files of which no line may be shown
}

// variables finds the value of every variable. A variable without one is left out: a
// reference to it reports that.
func (r *inputReader) variables(mod *moduleInstance) {
	all := r.given()
	for _, name := range slices.Sorted(maps.Keys(r.decl.Variables)) {
		decl := r.decl.Variables[name]
		value, ok := r.value(decl, all)
		switch {
		case ok && decl.Sensitive:
			mod.vars[name] = value.Mark(sensitive.Mark)
		case ok:
			mod.vars[name] = value
		case r.in.EvalBrokers:
			mod.unset(decl)
		}
		if decl.Sensitive {
			r.hide = append(r.hide, r.variableFiles()...)
		}
	}
	mod.validate()
}

// value decides one variable's value; ok is false if there is none. A value that is
// wrong is reported and becomes unknown.
func (r *inputReader) value(decl *declare.Variable, all map[string]given) (cty.Value, bool) {
	value, from := r.in.Preset[decl.Name], "the saved plan"
	g, there := all[decl.Name]
	if value != cty.NilVal && g.flag {
		r.checkPreset(decl, g, value)
	}
	if value == cty.NilVal {
		if !there {
			return decl.Default, decl.Default != cty.NilVal
		}
		var ok bool
		if value, ok = r.read(decl, g); !ok {
			return cty.DynamicVal, true
		}
		from = g.from
	}
	value, err := decl.Convert(value)
	if err != nil {
		r.Report(diag.Errorf(&decl.At, "Invalid value for variable",
			"The value of variable %q, given by %s, is not suitable: %s.", decl.Name, from, err))
		return cty.DynamicVal, true
	}
	if !value.IsNull() || decl.Nullable {
		return value, true
	}
	if decl.Default == cty.NilVal {
		r.Report(diag.Errorf(&decl.At, "Variable is null",
			"Variable %q has nullable = false and no default, so %s must give it a value that is not null.",
			decl.Name, from))
		return cty.DynamicVal, true
	}
	return decl.Default, true
}

// read gets the value out of a source. What is wrong with the text of a
// sensitive variable is not shown with the text.
func (r *inputReader) read(decl *declare.Variable, g given) (cty.Value, bool) {
	if g.expr == nil && decl.Literal() {
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
	if decl.Sensitive {
		diags = hcl.Diagnostics{diag.Errorf(&decl.At, "Invalid value for variable",
			"The value of variable %q, given by %s, is no valid expression. It is sensitive, so no more is shown.",
			decl.Name, g.from)}
	} else if g.expr == nil {
		r.AddText(g.from, g.text)
	}
	r.Report(diags...)
	return value, false
}

// checkPreset refuses a value of the command line that is not the saved plan's:
// what was reviewed is what is applied.
func (r *inputReader) checkPreset(decl *declare.Variable, g given, planned cty.Value) {
	value, ok := r.read(decl, g)
	if !ok {
		return
	}
	if value, err := decl.Convert(value); err != nil || !value.RawEquals(planned) {
		r.Report(diag.Errorf(&decl.At, "Variable differs from the saved plan",
			"%s gives var.%s another value than the one that the saved plan was made with. Apply the plan without "+
				"it, or make a new plan.", g.from, decl.Name))
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
func (r *inputReader) given() map[string]given {
	all := map[string]given{}
	for _, entry := range r.in.Env {
		name, text, _ := strings.Cut(entry, "=")
		if short, ours := strings.CutPrefix(name, EnvPrefix); ours {
			all[short] = given{from: name, text: text}
		}
	}
	for _, name := range r.List(".auto.retainvars.hcl", ".auto.retainvars.json") {
		src, err := r.Root.ReadFile(".", name)
		r.variableFile(given{from: name}, src, err, all)
	}
	for _, arg := range r.in.Vars {
		if arg.File != "" {
			src, err := folder.Named(arg.File).Read(maxVariables)
			r.variableFile(given{from: arg.File, flag: true}, src, err, all)
			continue
		}
		r.argument(arg.Set, all)
	}
	return all
}

func (r *inputReader) argument(set string, all map[string]given) {
	name, text, ok := strings.Cut(set, "=")
	if !ok {
		r.Report(diag.Errorf(nil, "Invalid -var", "-var takes NAME=VALUE, and this one has no \"=\" in it."))
		return
	}
	if _, declared := r.decl.Variables[name]; !declared {
		r.Report(diag.Errorf(nil, "Unknown variable",
			"-var sets %q, and no variable block declares that.%s",
			name, diag.DidYouMean(name, maps.Keys(r.decl.Variables))))
		return
	}
	all[name] = given{from: "-var=" + name, flag: true, text: text}
}

// variableFile adds what a file sets. A name that is not declared is a warning:
// such files are shared between configurations.
func (r *inputReader) variableFile(from given, src []byte, err error, all map[string]given) {
	if err != nil {
		r.Report(diag.Errorf(nil, "Variable file not readable",
			"%s. Check the name that -var-file gives.", diag.Sentence(err)))
		return
	}
	f := r.ParseFile(src, from.from)
	if f == nil {
		return
	}
	attrs, diags := f.Body.JustAttributes()
	r.Report(diags...)
	for _, key := range slices.Sorted(maps.Keys(attrs)) {
		attr := attrs[key]
		if _, declared := r.decl.Variables[key]; !declared {
			r.Report(diag.Warnf(&attr.NameRange, "Value for an undeclared variable",
				"No variable block declares %q.%s", key, diag.DidYouMean(key, maps.Keys(r.decl.Variables))))
		}
		from.expr = attr.Expr
		all[key] = from
	}
}

// variableFiles names the variable files.
func (r *inputReader) variableFiles() []string {
	names := r.List(".auto.retainvars.hcl", ".auto.retainvars.json")
	for _, arg := range r.in.Vars {
		names = append(names, arg.File)
	}
	return names
}
