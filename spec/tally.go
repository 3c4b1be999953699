package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/sensitive"
)

// tally collects diagnostics of one instance after the other: of a block, or of a
// module.
type tally struct {
	instance string // address of the instance at hand; "" where there is one
	*ledger
}

// ledger counts repeats: one wrong argument of a block with 10,000 instances is
// one mistake, also where 10,000 instances of a module have the block.
type ledger struct {
	of    string // what it has the instances of: "block" or "module"
	seen  map[tallyKey]*tallied
	order []*tallied
}

// notes are what was found wrong with one module, in any of its instances.
type notes struct {
	general  *ledger
	blocks   map[*messageDecl]*ledger
	reported map[string]bool // mistakes of references, by their keys
}

func newNotes() *notes {
	return &notes{general: newLedger("module"), blocks: map[*messageDecl]*ledger{}, reported: map[string]bool{}}
}

func newLedger(of string) *ledger { return &ledger{of: of, seen: map[tallyKey]*tallied{}} }

// block gives the ledger of a message block.
func (n *notes) block(m *messageDecl) *ledger {
	if n.blocks[m] == nil {
		n.blocks[m] = newLedger("block")
	}
	return n.blocks[m]
}

// diagnostics gives all that was noted, by block.
func (n *notes) diagnostics() hcl.Diagnostics {
	diags := n.general.diagnostics()
	byLabel := func(a, b *messageDecl) int { return strings.Compare(a.label, b.label) }
	for _, m := range slices.SortedFunc(maps.Keys(n.blocks), byLabel) {
		diags = append(diags, n.blocks[m].diagnostics()...)
	}
	return diags
}

type tallyKey struct {
	summary, kind string
	at            hcl.Range
}

type tallied struct {
	diag      *hcl.Diagnostic
	first     string // instance
	last      string
	instances int
}

// add takes diagnostics whose summary and place tell them apart.
func (t *tally) add(diags ...*hcl.Diagnostic) {
	for _, d := range diags {
		t.addKind("", d)
	}
}

// addKind takes a diagnostic that kind tells apart from others of its place.
func (t *tally) addKind(kind string, d *hcl.Diagnostic) {
	if t.isNew(kind, d) {
		t.keep(kind, d)
	}
}

// addFrom takes the diagnostics of an evaluation, without what they would show
// of sensitive values.
func (t *tally) addFrom(diags hcl.Diagnostics, expr hcl.Expression, ctx *hcl.EvalContext) {
	for _, d := range diags {
		if t.isNew("", d) {
			t.keep("", discreet(d, expr, ctx))
		}
	}
}

func key(kind string, d *hcl.Diagnostic) tallyKey {
	k := tallyKey{summary: d.Summary, kind: kind}
	if d.Subject != nil {
		k.at = *d.Subject
	}
	return k
}

// isNew counts d where its like was seen before.
func (t *tally) isNew(kind string, d *hcl.Diagnostic) bool {
	known, there := t.seen[key(kind, d)]
	if there && known.last != t.instance {
		known.last = t.instance
		known.instances++
	}
	return !there
}

func (t *tally) keep(kind string, d *hcl.Diagnostic) {
	entry := &tallied{diag: d, first: t.instance, last: t.instance, instances: 1}
	t.seen[key(kind, d)] = entry
	t.order = append(t.order, entry)
}

// diagnostics gives what was collected, each naming the first instance that it
// was met in.
func (l *ledger) diagnostics() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, entry := range l.order {
		d := *entry.diag
		if entry.first != "" {
			d.Detail += "\n\nThis is about " + entry.first
			if n := entry.instances - 1; n > 0 {
				d.Detail += fmt.Sprintf(" and %d more of this %s", n, l.of)
			}
			d.Detail += "."
		}
		diags = append(diags, &d)
	}
	return diags
}

// discreet gives d without sensitive values. A diagnostic writer leaves out
// values that are marked, but a function's own error quotes its arguments after
// the marks were taken off, and so do keys of a for expression.
func discreet(d *hcl.Diagnostic, expr hcl.Expression, ctx *hcl.EvalContext) *hcl.Diagnostic {
	if !sensitive.UsedBy(expr, ctx) && !sensitive.UsedBy(d.Expression, d.EvalContext) {
		return hinted(d)
	}
	return withheld(d)
}

// withheld gives d without any value of the expression that it is about.
func withheld(d *hcl.Diagnostic) *hcl.Diagnostic {
	quiet := *d
	quiet.Expression, quiet.EvalContext, quiet.Extra = nil, nil, nil
	switch d.Summary {
	case "Unsupported attribute", "Call to unknown function", "Not enough function arguments", "Too many function arguments", "Iteration over null value":
	default:
		quiet.Detail = "This expression uses a sensitive value, so the reason, which could show it, is left out."
	}
	return &quiet
}
