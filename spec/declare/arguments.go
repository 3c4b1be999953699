package declare

import (
	"iter"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
)

// Repeat is the argument that gives a block its instances, or "".
func Repeat(attrs hcl.Attributes) string {
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

// RangeOf is where the first of the arguments that is given stands, or the block.
func RangeOf(attrs hcl.Attributes, block *hcl.Range, names ...string) *hcl.Range {
	for _, name := range names {
		if attr := attrs[name]; attr != nil {
			return attr.Expr.Range().Ptr()
		}
	}
	return block
}

func Expressions(attrs hcl.Attributes) []hcl.Expression {
	var exprs []hcl.Expression
	for _, attr := range Sorted(attrs) { // in the same order each time, so that mistakes read the same
		exprs = append(exprs, attr.Expr)
	}
	return exprs
}

// Sorted goes through a map by name.
func Sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}
