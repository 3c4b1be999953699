package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/functions"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// Console evaluates expressions in the root module of a configuration. It is not safe for
// concurrent use.
type Console struct {
	root *functions.Sandbox
	mod  *moduleInstance
}

// ConsoleInput is the file name in the ranges of diagnostics about an expression.
const ConsoleInput = "<console-input>"

// OpenConsole loads the configuration in a folder, as Load does. The Console is nil only if the
// files cannot be read: mistakes in single values do not prevent the evaluation of others. The
// caller closes it.
func OpenConsole(dir string, in Inputs) (*Console, map[string]*hcl.File, hcl.Diagnostics) {
	l := newLoader(dir, in)
	mod := l.rootModule()
	var c *Console
	if mod != nil && !l.Diags.HasErrors() {
		mod.everything()
		l.Report(mod.diagnostics()...)
		c = &Console{l.Root, mod}
	} else if l.Root != nil {
		l.Root.Close()
	}
	files := l.shownFiles()
	diag.WithinFiles(l.Diags, files)
	return c, files, diag.InOrder(functions.WithoutStacks(l.Diags))
}

// Close closes the configuration's folder.
func (c *Console) Close() error { return c.root.Close() }

// Evaluated is the result of an expression.
type Evaluated struct {
	Value  cty.Value // with marks
	IsType bool      // the expression was type(...): the result is the type of Value
}

// Eval evaluates one expression. The result is meaningless if the diagnostics have errors.
func (c *Console) Eval(src string) (Evaluated, hcl.Diagnostics) {
	expr, diags := parseText(given{from: ConsoleInput, text: src})
	if diags.HasErrors() {
		return Evaluated{}, diags
	}
	result := Evaluated{}
	if call, ok := expr.(*hclsyntax.FunctionCallExpr); ok && call.Name == "type" && len(call.Args) == 1 {
		expr, result.IsType = call.Args[0], true
	}
	if node, ok := expr.(hclsyntax.Node); ok {
		sensitive.KeepKeyMarks(node)
	}
	// Every expression has its own findings, so that a mistake is reported each time.
	mod, found := *c.mod, newFindings()
	mod.found, mod.sink = found, found.general.Sink("")
	value, ok := mod.eval(mod.context("", expr), expr)
	if d := mod.ended(); d != nil {
		return Evaluated{}, hcl.Diagnostics{d}
	}
	diags = functions.WithoutStacks(found.diagnostics())
	if !ok && !diags.HasErrors() {
		diags = append(diags, diag.Errorf(expr.Range().Ptr(), "Value not known",
			"It depends on values that could not be computed. See the errors of the configuration."))
	}
	result.Value = value
	return result, diags
}

// Complete returns the completions of the last word of an unfinished expression, sorted. Each
// includes the word.
func (c *Console) Complete(word string) []string {
	dot := strings.LastIndex(word, ".")
	var all []string
	if dot < 0 {
		for name := range c.mod.functions {
			if !strings.Contains(name, "::") { // a longer name of the same function
				all = append(all, name+"(")
			}
		}
		all = append(all, "type(", "var.", "local.", "message.", "broker.", "module.", "path.")
	} else {
		for _, name := range c.members(word[:dot]) {
			all = append(all, word[:dot+1]+name)
		}
	}
	all = slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, word) })
	slices.Sort(all)
	return all
}

// members returns the names that can follow a reference and a dot.
func (c *Console) members(of string) []string {
	var names []string
	switch decl := c.mod.decl; of {
	case "var":
		names = slices.Collect(maps.Keys(decl.Variables))
	case "local":
		names = slices.Collect(maps.Keys(decl.Locals))
	case "message":
		names = slices.Collect(maps.Keys(decl.Messages))
	case "module":
		names = slices.Collect(maps.Keys(decl.Calls))
	case "broker":
		names = slices.Collect(c.mod.brokers.names())
	case "path":
		names = []string{"root", "module"}
	default:
		result, diags := c.Eval(of)
		// The names in a sensitive object may be the secret.
		if diags.HasErrors() || result.Value.IsMarked() || !result.Value.Type().IsObjectType() {
			return nil
		}
		names = slices.Collect(maps.Keys(result.Value.Type().AttributeTypes()))
	}
	return slices.DeleteFunc(names, func(name string) bool { return !hclsyntax.ValidIdentifier(name) })
}

// Unfinished reports whether an expression continues on another line: a bracket, a template or
// a heredoc is open.
func Unfinished(src string) bool {
	tokens, _ := hclsyntax.LexExpression([]byte(src), ConsoleInput, hcl.InitialPos)
	depth := 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOBrace, hclsyntax.TokenOHeredoc,
			hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenCHeredoc,
			hclsyntax.TokenTemplateSeqEnd:
			depth--
		}
	}
	return depth > 0
}
