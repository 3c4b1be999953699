package declare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// FilterBlock is an exclusive, protect, removed or schema block: it applies to the topics
// that match its filter.
type FilterBlock struct {
	Kind, Label string    // Label is "" for a removed block
	At          hcl.Range // of the block's header
	Attrs       hcl.Attributes
}

// filterBlock adds such a block to the known ones.
func (r *reader) filterBlock(b *hcl.Block, known []*FilterBlock) []*FilterBlock {
	decl := &FilterBlock{Kind: b.Type, Label: strings.Join(b.Labels, ""), At: b.DefRange}
	same := func(other *FilterBlock) bool { return other.Kind == decl.Kind && other.Label == decl.Label }
	switch first := slices.IndexFunc(known, same); {
	case len(b.Labels) == 0:
	case decl.Label == "":
		r.report(diag.Errorf(&b.LabelRanges[0], "Empty label",
			"The label identifies this block in plans and errors, so it cannot be empty."))
		return known
	case first >= 0:
		r.duplicate(b.DefRange, fmt.Sprintf("%s %q", decl.Kind, decl.Label), known[first].At,
			"Labels of such blocks are unique across all files.")
		return known
	}
	decl.Attrs = r.content(b.Body, language.Find(decl.Kind, "")).Attributes
	return append(known, decl)
}
