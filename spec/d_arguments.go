package spec

import (
	"iter"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
)

// repeat is the argument that gives a block its instances, or "".
func repeat(attrs hcl.Attributes) string {
	for _, name := range []string{"for_each", "count"} {
		if attrs[name] != nil {
			return name
		}
	}
	return ""
}

// oneRepeat reports a block that has both arguments, and takes one out.
func (r *reader) oneRepeat(attrs hcl.Attributes, block string) {
	if attrs["for_each"] != nil && attrs["count"] != nil {
		r.report(diag.Errorf(&attrs["count"].Range, "Both for_each and count", "A %s block has either for_each, with one instance for each key, or count, with numbered instances.", block))
		delete(attrs, "count")
	}
}

// place is where the first of the arguments that is given stands, or the block.
func place(attrs hcl.Attributes, block *hcl.Range, names ...string) *hcl.Range {
	for _, name := range names {
		if attr := attrs[name]; attr != nil {
			return attr.Expr.Range().Ptr()
		}
	}
	return block
}

func expressions(attrs hcl.Attributes) []hcl.Expression {
	var exprs []hcl.Expression
	for _, attr := range sorted(attrs) { // in the same order each time, so that mistakes read the same
		exprs = append(exprs, attr.Expr)
	}
	return exprs
}

// sorted goes through a map by name.
func sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}
