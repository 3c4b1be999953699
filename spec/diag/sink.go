package diag

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// Collector collects diagnostics and counts repeats: one wrong argument of a block with
// 10,000 instances is one mistake, as is that of a block in 10,000 instances of a module.
type Collector struct {
	of    string // what the instances belong to: "block" or "module"
	seen  map[entryKey]*repeated
	order []*repeated
}

// NewCollector returns an empty collector for the instances of one block or one module; of
// is "block" or "module".
func NewCollector(of string) *Collector { return &Collector{of: of, seen: map[entryKey]*repeated{}} }

// Sink returns a sink for the diagnostics of an instance, given by its address.
func (c *Collector) Sink(instance string) Sink { return Sink{instance, c} }

// Sink adds diagnostics to a collector, one instance after another.
type Sink struct {
	Instance string // address of the current instance; "" if there is only one
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

// Add adds diagnostics. One with the summary and the range of an earlier one counts as its
// repeat.
func (s *Sink) Add(diags ...*hcl.Diagnostic) {
	for _, d := range diags {
		s.AddKind("", d)
	}
}

// AddKind adds a diagnostic. It counts as the repeat of an earlier one if its kind is the
// same too.
func (s *Sink) AddKind(kind string, d *hcl.Diagnostic) {
	if s.isNew(kind, d) {
		s.keep(kind, d)
	}
}

// AddEvaluated adds the diagnostics of the evaluation of expr in ctx, without any sensitive
// values that they would show.
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

// isNew reports whether d is not a repeat, and counts it if it is.
func (s *Sink) isNew(kind string, d *hcl.Diagnostic) bool {
	known, seen := s.seen[keyOf(kind, d)]
	if seen && known.last != s.Instance {
		known.last = s.Instance
		known.instances++
	}
	return !seen
}

func (s *Sink) keep(kind string, d *hcl.Diagnostic) {
	entry := &repeated{diag: d, first: s.Instance, last: s.Instance, instances: 1}
	s.seen[keyOf(kind, d)] = entry
	s.order = append(s.order, entry)
}

// Diagnostics returns what was collected, in the order of the first occurrence. Each
// diagnostic names the first instance with the mistake, if instances have addresses.
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
