package spec

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// undeclared reports a name that nothing declares: once, wherever it is used.
func (e *moduleInstance) undeclared(what, name string, at hcl.Range, names iter.Seq[string]) {
	advice := diag.DidYouMean(name, names)
	if advice == "" {
		advice = " Declare it, or name one that is declared."
	}
	if what == "local" {
		e.once("local."+name, &at, "Undeclared local", "No locals block declares %q.%s", name, advice)
		return
	}
	e.once(what+"."+name, &at, "Undeclared "+what, "No %s block declares %q.%s", what, name, advice)
}

// once reports a mistake of references that is known by its key.
func (e *moduleInstance) once(key string, at *hcl.Range, summary, format string, args ...any) {
	if e.found.reported[key] {
		return
	}
	e.found.reported[key] = true
	e.sink.Add(diag.Errorf(at, summary, format, args...))
}

// notHere reports each, count or self where an instance does not have it.
func (e *moduleInstance) notHere(ref declare.Reference) {
	root, at := ref.Root, ref.Traversal.SourceRange()
	where := "the arguments of a message or module block that has count, other than count itself"
	switch root {
	case "each":
		where = "the arguments of a message or module block that has for_each, other than for_each itself"
	case "self":
		where = "the postcondition blocks of a message"
	}
	e.once(fmt.Sprint(root, at), &at, fmt.Sprintf("%q is not available here", root), "%s exists in %s.", root, where)
}

// incomplete reports a root without a name.
func (e *moduleInstance) incomplete(ref declare.Reference) {
	root, at := ref.Root, ref.Traversal.SourceRange()
	e.once(fmt.Sprint(root, at), &at, "Incomplete reference", "%q names a kind of thing; write %s.NAME, with the name as it is declared. A name that is computed cannot be used.", root, root)
}

// unknownRoot reports a name that no reference begins with.
func (e *moduleInstance) unknownRoot(ref declare.Reference) {
	root, at := ref.Root, ref.Traversal.SourceRange()
	roots := []string{"var", "local", "message", "module", "broker", "each", "count", "path"}
	advice := diag.DidYouMean(root, slices.Values(roots))
	if len(ref.Traversal) == 1 {
		advice = " A string stands in double quotes; a variable is var." + root + ", a local is local." + root + "."
	}
	e.once(fmt.Sprint("root", root), &at, "Unknown name", "There is nothing called %q here. References begin with %s.%s", root, diag.OneOf(roots), advice)
}

// checkAttribute reports a reference to what messages do not have, with a hint
// that the evaluation itself does not give.
func (e *moduleInstance) checkAttribute(ref declare.Reference) bool {
	decl := e.decl.Messages[ref.Name]
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
	e.once(fmt.Sprint("attribute", attr.SrcRange), &attr.SrcRange, "Unknown attribute", "A message has no attribute %q for others to use.%s It has %s.", attr.Name, diag.DidYouMean(attr.Name, slices.Values(referable)), diag.OneOf(referable))
	return false
}

// enter begins to resolve a thing of this module. It refuses one that is being
// resolved, with the chain that leads back to it.
func (e *moduleInstance) enter(local string, at hcl.Range) bool {
	address := e.place.path + local
	if circle := e.chain.circle(address); circle != nil {
		e.once("cycle "+strings.Join(circle, " "), &at, "References in a circle", "Its own value is needed to compute it: %s. Break the circle: put what they share into a local that depends on neither.", strings.Join(diag.ShortenChain(circle), " → "))
		return false
	}
	if e.chain.full() {
		e.once("chain", &at, "References nested too deeply", "More than %d references follow one another here.", maxChain)
		return false
	}
	e.chain.enter(link{address, e.place.static + local})
	return true
}

func (e *moduleInstance) leave() { e.chain.leave() }
