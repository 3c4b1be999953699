package declare

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// local adds the names in a locals block to the known ones.
func (r *reader) local(b *hcl.Block, known map[string]*hcl.Attribute) {
	attrs, diags := b.Body.JustAttributes()
	r.report(diags...)
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		attr := attrs[name]
		if first, ok := known[name]; ok {
			r.duplicate(attr.NameRange, fmt.Sprintf("local %q", name), first.NameRange,
				"Names of locals are unique across all files.")
			continue
		}
		r.identifier(name, attr.NameRange, "local")
		known[name] = attr
	}
}
