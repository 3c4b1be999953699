package diag

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// Collector gathers diagnostics and counts repeats: one wrong argument of a block
// with 10,000 instances is one mistake, and so it is if 10,000 instances of a module
// have the block.
type Collector struct {
	of    string // what it has the instances of: "block" or "module"
	seen  map[entryKey]*repeated
	order []*repeated
}

// NewCollector returns the collector of a block or a module, as of says.
func NewCollector(of string) *Collector { return &Collector{of: of, seen: map[entryKey]*repeated{}} }

// Sink returns what takes the diagnostics of an instance.
func (c *Collector) Sink(instance string) Sink { return Sink{instance, c} }

// Sink adds diagnostics to a collector, one instance after the other.
type Sink struct {
	Instance string // address of the instance at hand; "" if there is only one
	*Collector
}

type entryKey struct {
	summary, kind string
	at            hcl.Range
}

type repeated struct {
	diag      *hcl.Diagnostic
	first     string // instance
	last      string
	instances int
}

// Add takes diagnostics that differ from others in their summary or place.
func (s *Sink) Add(diags ...*hcl.Diagnostic) {
	for _, d := range diags {
		s.AddKind("", d)
	}
}

// AddKind takes a diagnostic that differs from others of its place in its kind.
func (s *Sink) AddKind(kind string, d *hcl.Diagnostic) {
	if s.isNew(kind, d) {
		s.keep(kind, d)
	}
}

// AddEvaluated takes the diagnostics of the evaluation of expr in ctx, without what
// they would show of sensitive values.
func (s *Sink) AddEvaluated(diags hcl.Diagnostics, expr hcl.Expression, ctx *hcl.EvalContext) {
	for _, d := range diags {
		if s.isNew("", d) {
			s.keep("", discreet(d, expr, ctx))
		}
	}
}

func keyOf(kind string, d *hcl.Diagnostic) entryKey {
	k := entryKey{summary: d.Summary, kind: kind}
	if d.Subject != nil {
		k.at = *d.Subject
	}
	return k
}

// isNew counts d if its like was seen before.
func (s *Sink) isNew(kind string, d *hcl.Diagnostic) bool {
	known, there := s.seen[keyOf(kind, d)]
	if there && known.last != s.Instance {
		known.last = s.Instance
		known.instances++
	}
	return !there
}

func (s *Sink) keep(kind string, d *hcl.Diagnostic) {
	entry := &repeated{diag: d, first: s.Instance, last: s.Instance, instances: 1}
	s.seen[keyOf(kind, d)] = entry
	s.order = append(s.order, entry)
}

// Diagnostics returns what was collected. Each names the first instance that it was
// met in.
func (c *Collector) Diagnostics() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, entry := range c.order {
		d := *entry.diag
		if entry.first != "" {
			d.Detail += "\n\nThis is about " + entry.first
			if n := entry.instances - 1; n > 0 {
				d.Detail += fmt.Sprintf(" and %d more of this %s", n, c.of)
			}
			d.Detail += "."
		}
		diags = append(diags, &d)
	}
	return diags
}
