package declare

import (
	"iter"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
)

// Repeat returns the name of the argument that repeats a block: "for_each", "count", or ""
// for neither.
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
			"A %s block can have either for_each, with one instance for each key, or count, with numbered "+
				"instances.",
			block))
		delete(attrs, "count")
	}
}

// RangeOf returns the range of the first of the named arguments that is given, or that of
// the block if none is.
func RangeOf(attrs hcl.Attributes, block *hcl.Range, names ...string) *hcl.Range {
	for _, name := range names {
		if attr := attrs[name]; attr != nil {
			return attr.Expr.Range().Ptr()
		}
	}
	return block
}

// Expressions returns the expressions of arguments, in the order of their names, so that
// mistakes in them are reported in the same order each time.
func Expressions(attrs hcl.Attributes) []hcl.Expression {
	var exprs []hcl.Expression
	for _, attr := range Sorted(attrs) {
		exprs = append(exprs, attr.Expr)
	}
	return exprs
}

// Sorted returns an iterator over a map in the order of its keys.
func Sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}
