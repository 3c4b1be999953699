package declare

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// local adds the names of a locals block to those that are known.
func (r *reader) local(b *hcl.Block, known map[string]*hcl.Attribute) {
	attrs, diags := b.Body.JustAttributes()
	r.report(diags...)
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		attr := attrs[name]
		if first, there := known[name]; there {
			r.duplicate(attr.NameRange, fmt.Sprintf("local %q", name), first.NameRange, "Names of locals are unique over all files.")
			continue
		}
		r.identifier(name, attr.NameRange, "local")
		known[name] = attr
	}
}
