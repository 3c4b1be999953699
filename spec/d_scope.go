package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// scopeDecl is an exclusive, protect, removed or schema block before evaluation.
type scopeDecl struct {
	kind, label string // removed has no label
	at          hcl.Range
	attrs       hcl.Attributes
}

func (r *reader) scope(b *hcl.Block, known []*scopeDecl) []*scopeDecl {
	decl := &scopeDecl{kind: b.Type, label: strings.Join(b.Labels, ""), at: b.DefRange}
	same := func(other *scopeDecl) bool { return other.kind == decl.kind && other.label == decl.label }
	switch first := slices.IndexFunc(known, same); {
	case len(b.Labels) == 0:
	case decl.label == "":
		r.report(diag.Errorf(&b.LabelRanges[0], "Empty label", "The label of this block names it in plans and errors."))
		return known
	case first >= 0:
		r.duplicate(b.DefRange, fmt.Sprintf("%s %q", decl.kind, decl.label), known[first].at, "Labels of such blocks are unique over all files.")
		return known
	}
	decl.attrs = r.content(b.Body, language.Find(decl.kind, "")).Attributes
	return append(known, decl)
}
