package spec

import (
	"fmt"
	"iter"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// reporter reports mistakes in one instance of a module.
type reporter struct {
	decl  *declare.Module
	found *findings
	sink  diag.Sink
}

// undeclared reports a name that is not declared, once for all its uses.
func (r *reporter) undeclared(what, name string, at hcl.Range, names iter.Seq[string]) {
	advice := diag.DidYouMean(name, names)
	if advice == "" {
		advice = " Declare it, or name one that is declared."
	}
	if what == "local" {
		r.once("local."+name, &at, "Undeclared local", "No locals block declares %q.%s", name, advice)
		return
	}
	r.once(what+"."+name, &at, "Undeclared "+what, "No %s block declares %q.%s", what, name, advice)
}

// once reports a mistake unless one with its key was reported.
func (r *reporter) once(key string, at *hcl.Range, summary, format string, args ...any) {
	if r.found.reported[key] {
		return
	}
	r.found.reported[key] = true
	r.sink.Add(diag.Errorf(at, summary, format, args...))
}

// unavailable reports each, count or self in an expression that cannot use it.
func (r *reporter) unavailable(ref declare.Reference) {
	root, at := ref.Root, ref.Traversal.SourceRange()
	where := "the arguments of a message or module block that has count, other than count itself"
	switch root {
	case "each":
		where = "the arguments of a message or module block that has for_each, other than for_each itself"
	case "self":
		where = "the postcondition blocks of a message"
	}
	r.once(fmt.Sprint(root, at), &at, fmt.Sprintf("%q is not available here", root), "%s exists in %s.", root, where)
}

// incomplete reports a root without a name.
func (r *reporter) incomplete(ref declare.Reference) {
	root, at := ref.Root, ref.Traversal.SourceRange()
	r.once(fmt.Sprint(root, at), &at, "Incomplete reference",
		"%q is only the beginning of a reference. Write %s.NAME, with a declared name. The name cannot be an "+
			"expression.", root, root)
}

// unknownRoot reports a reference that begins with an unknown name.
func (r *reporter) unknownRoot(ref declare.Reference) {
	root, at := ref.Root, ref.Traversal.SourceRange()
	roots := []string{"var", "local", "message", "module", "broker", "each", "count", "path"}
	advice := diag.DidYouMean(root, slices.Values(roots))
	if len(ref.Traversal) == 1 {
		advice = " Write a string in double quotes, a variable as var." + root + ", and a local as local." + root + "."
	}
	r.once(fmt.Sprint("root", root), &at, "Unknown name",
		"There is nothing called %q here. References begin with %s.%s", root, diag.OneOf(roots), advice)
}

// checkAttribute returns false for a reference to an attribute that messages do not have, and
// reports it with a better hint than that of the evaluation.
func (r *reporter) checkAttribute(ref declare.Reference) bool {
	decl := r.decl.Messages[ref.Name]
	rest := ref.Traversal[2:]
	if decl != nil && decl.Repeat() != "" && len(rest) > 0 {
		rest = rest[1:]
	}
	if decl == nil || len(rest) == 0 {
		return true
	}
	attr, ok := rest[0].(hcl.TraverseAttr)
	if !ok || slices.Contains(referable, attr.Name) {
		return true
	}
	r.once(fmt.Sprint("attribute", attr.SrcRange), &attr.SrcRange, "Unknown attribute",
		"A message has no attribute %q that others can use.%s It has %s.",
		attr.Name, diag.DidYouMean(attr.Name, slices.Values(referable)), diag.OneOf(referable))
	return false
}
