package declare

import (
	"iter"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
)

// Repeat returns which argument gives a block its instances: "for_each", "count", or
// "" for neither.
func Repeat(attrs hcl.Attributes) string {
	for _, name := range []string{"for_each", "count"} {
		if attrs[name] != nil {
			return name
		}
	}
	return ""
}

// oneRepeat reports a block that has both arguments, and drops one.
func (r *reader) oneRepeat(attrs hcl.Attributes, block string) {
	if attrs["for_each"] != nil && attrs["count"] != nil {
		r.report(diag.Errorf(&attrs["count"].Range, "Both for_each and count",
			"A %s block has either for_each, with one instance for each key, or count, with numbered instances.",
			block))
		delete(attrs, "count")
	}
}

// RangeOf returns the place of the first of the arguments that is given, or that of the
// block.
func RangeOf(attrs hcl.Attributes, block *hcl.Range, names ...string) *hcl.Range {
	for _, name := range names {
		if attr := attrs[name]; attr != nil {
			return attr.Expr.Range().Ptr()
		}
	}
	return block
}

// Expressions returns the expressions of arguments, by name, so that mistakes in them
// are reported in the same order each time.
func Expressions(attrs hcl.Attributes) []hcl.Expression {
	var exprs []hcl.Expression
	for _, attr := range Sorted(attrs) {
		exprs = append(exprs, attr.Expr)
	}
	return exprs
}

// Sorted iterates over a map by name.
func Sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}
