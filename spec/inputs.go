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

// Inputs holds the inputs of an invocation, in addition to the files in a folder. The zero value
// sets no variables and evaluates no broker arguments.
type Inputs struct {
	Vars          []VarArg // -var and -var-file in the order given: a later one overrides an earlier one
	Env           []string // in the form of os.Environ; RETAINCTL_VAR_name sets a variable
	BackendConfig []string // of -backend-config, each NAME=VALUE
	Version       string   // of the program, for required_version; "" skips that check

	// EvalBrokers evaluates the arguments of broker blocks. Without it (-refresh=false),
	// Broker.Settings is nil, and variables that only broker blocks use need no value.
	EvalBrokers bool

	// BackendOnly evaluates only the retainctl block, and reads no modules. It is for the folder
	// of an earlier configuration, whose data files may be missing.
	BackendOnly bool

	// Preset holds the values of variables from a saved plan, by name. They override all others.
	Preset map[string]cty.Value

	// Work follows the evaluation and ends it; nil if nothing does. See NewWork.
	Work *Work
}

// maxVariables is the size of the largest file that -var-file names, in bytes.
const maxVariables = 64 << 20

// VarArg is one -var=NAME=VALUE, as Set, or one -var-file=FILE, as File. The other one is "".
type VarArg struct{ Set, File string }

// given is the value that a source gives a variable: text, or an expression of a variable file.
type given struct {
	from string // the source, for messages: "-var=site", "RETAINCTL_VAR_site", a file's name
	flag bool   // the source is -var or -var-file
	text string
	expr hcl.Expression
}

// inputReader finds the values of the root module's variables.
type inputReader struct {
	*declare.Source
	in   Inputs
	decl *declare.Module
	hide []string // names of files whose lines may not be shown
}

// variables sets the values of the module's variables. A variable without a value is left out,
// which a reference to it reports.
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

// value returns the value of a variable, and whether it has one. A wrong value is reported and
// becomes unknown.
func (r *inputReader) value(decl *declare.Variable, all map[string]given) (cty.Value, bool) {
	value, from := r.in.Preset[decl.Name], "the saved plan"
	g, isGiven := all[decl.Name]
	if value != cty.NilVal && g.flag {
		r.checkPreset(decl, g, value)
	}
	if value == cty.NilVal {
		if !isGiven {
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

// read returns the value that a source gives. For a sensitive variable, errors do not show the
// source's text.
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
		r.in.Work.Begin(expr)
		value, diags = expr.Value(nil)
	}
	if !diags.HasErrors() {
		return value, true
	}
	if decl.Sensitive {
		diags = hcl.Diagnostics{diag.Errorf(&decl.At, "Invalid value for variable",
			"The value of variable %q, given by %s, is not a valid expression. It is sensitive, so no more is shown.",
			decl.Name, g.from)}
	} else if g.expr == nil {
		r.AddText(g.from, g.text)
	}
	r.Report(diags...)
	return value, false
}

// checkPreset reports a value on the command line that differs from the saved plan's: the plan
// must be applied as it was reviewed.
func (r *inputReader) checkPreset(decl *declare.Variable, g given, planned cty.Value) {
	value, ok := r.read(decl, g)
	if !ok {
		return
	}
	if value, err := decl.Convert(value); err != nil || !value.RawEquals(planned) {
		r.Report(diag.Errorf(&decl.At, "Variable differs from the saved plan",
			"%s sets var.%s to another value than the one that the saved plan was made with. Apply the plan without "+
				"that option, or make a new plan.", g.from, decl.Name))
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

// given returns the values that the sources give, by variable. A later source overrides an
// earlier one.
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
		r.Report(diag.Errorf(nil, "Invalid -var", "-var takes NAME=VALUE, and this one has no \"=\"."))
		return
	}
	if _, declared := r.decl.Variables[name]; !declared {
		r.Report(diag.Errorf(nil, "Unknown variable",
			"-var sets %q, and no variable block declares it.%s",
			name, diag.DidYouMean(name, maps.Keys(r.decl.Variables))))
		return
	}
	all[name] = given{from: "-var=" + name, flag: true, text: text}
}

// variableFile adds the values that a file gives. A name that is not declared is only a warning,
// because such files are shared between configurations.
func (r *inputReader) variableFile(from given, src []byte, err error, all map[string]given) {
	if err != nil {
		r.Report(diag.Errorf(nil, "Variable file not readable",
			"%s. Check the file name of -var-file.", diag.Sentence(err)))
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

// variableFiles returns the names of the variable files.
func (r *inputReader) variableFiles() []string {
	names := r.List(".auto.retainvars.hcl", ".auto.retainvars.json")
	for _, arg := range r.in.Vars {
		names = append(names, arg.File)
	}
	return names
}
