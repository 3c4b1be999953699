package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/functions"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// Console evaluates expressions in the root module of a configuration.
type Console struct {
	root *functions.Sandbox
	mod  *moduleInstance
}

// ConsoleInput is the name that diagnostics have for a text of the console.
const ConsoleInput = "<console-input>"

// OpenConsole loads the configuration of a folder, as Load does. What is wrong with
// single values of it keeps no other from being looked at: the Console is nil only
// if the files cannot be read.
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

// Close lets go of the configuration's folder.
func (c *Console) Close() error { return c.root.Close() }

// Evaluated is the value of an expression, or, of type(...), its type.
type Evaluated struct {
	Value  cty.Value
	IsType bool // the value's type was asked for
}

// Eval evaluates one expression.
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
		bounds.NewBudget(bounds.MaxMade).Guard(node)
	}
	// Every expression has its own findings, so that a mistake is reported each time that it is made.
	mod, n := *c.mod, newFindings()
	mod.found, mod.sink = n, n.general.Sink("")
	value, ok := mod.eval(mod.context("", expr), expr)
	diags = functions.WithoutStacks(n.diagnostics())
	if !ok && !diags.HasErrors() {
		diags = append(diags, diag.Errorf(expr.Range().Ptr(), "Value not known",
			"It is made of values that are wrong, as the errors of the configuration say."))
	}
	result.Value = value
	return result, diags
}

// Complete gives what the end of an unfinished expression can go on with: each is
// the whole of its last word.
func (c *Console) Complete(word string) []string {
	dot := strings.LastIndex(word, ".")
	var all []string
	if dot < 0 {
		for name := range c.mod.functions {
			if !strings.Contains(name, "::") { // the same under a longer name
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

// members are the names that can follow a reference and a dot.
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
		if diags.HasErrors() || !result.Value.Type().IsObjectType() {
			return nil
		}
		names = slices.Collect(maps.Keys(result.Value.Type().AttributeTypes()))
	}
	return slices.DeleteFunc(names, func(name string) bool { return !hclsyntax.ValidIdentifier(name) })
}

// Unfinished tells whether an expression goes on in a further line: a bracket, a
// template or a heredoc is open.
func Unfinished(src string) bool {
	tokens, _ := hclsyntax.LexExpression([]byte(src), ConsoleInput, hcl.InitialPos)
	depth := 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOBrace, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			depth--
		}
	}
	return depth > 0
}
