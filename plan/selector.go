package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// Selector is one -target, -exclude or -republish: an address or an MQTT topic
// filter. An address without an instance key selects every instance.
type Selector struct {
	Address string
	Filter  string // set where Address is not
}

// ParseSelector reads an address or a topic filter. What begins like an address
// is one: "message.x", `message.x["key"]`, "message.x[0]", `message["a/b"]`,
// also below "module.NAME."; "message.x/y" is a filter.
func ParseSelector(s string) (Selector, error) {
	if looksLikeAddress(s) {
		a, err := parseAddress(s)
		if err != nil {
			return Selector{}, fmt.Errorf("%q is no address: %w; write message.NAME, message.NAME[\"KEY\"] or message[\"NAME\"]", s, err)
		}
		return Selector{Address: a.String()}, nil
	}
	if err := mqtt.CheckFilter(s); err != nil {
		return Selector{}, fmt.Errorf("%q is neither an address (message.NAME) nor a topic filter: %w", s, err)
	}
	return Selector{Filter: s}, nil
}

// String gives the selector as it is written on a command line.
func (s Selector) String() string { return s.Address + s.Filter }

// Matches tells whether the selector takes in a topic or the address of one.
func (s Selector) Matches(address, topic string) bool {
	if s.Address == "" {
		return mqtt.Match(s.Filter, topic)
	}
	rest, ok := strings.CutPrefix(address, s.Address)
	return ok && (rest == "" || rest[0] == '[')
}

// looksLikeAddress tells an address from a topic filter.
func looksLikeAddress(s string) bool {
	rest, ok := strings.CutPrefix(s, "module.")
	if ok {
		_, rest, ok = strings.Cut(rest, ".")
		return ok && looksLikeAddress(rest)
	}
	if strings.HasPrefix(s, "message[") {
		return true
	}
	name, ok := strings.CutPrefix(s, "message.")
	name, _, _ = strings.Cut(name, "[")
	return ok && !strings.Contains(name, "/") && !mqtt.IsFilter(name)
}

// address is a parsed address of a message block or of one instance.
type address struct {
	modules []string
	name    string
	index   cty.Value // cty.NilVal, a number or a string
}

func parseAddress(s string) (address, error) {
	var a address
	steps, diags := hclsyntax.ParseTraversalAbs([]byte(s), "", hcl.InitialPos)
	if diags.HasErrors() {
		return a, fmt.Errorf("%s", strings.ToLower(diags[0].Summary))
	}
	for steps.RootName() == "module" && len(steps) > 2 {
		module, isName := label(steps[1])
		root, isAttr := steps[2].(hcl.TraverseAttr)
		if !isName || !isAttr {
			return a, fmt.Errorf("a module is written module.NAME")
		}
		a.modules = append(a.modules, module)
		steps = append(hcl.Traversal{hcl.TraverseRoot{Name: root.Name}}, steps[3:]...)
	}
	if steps.RootName() != "message" || len(steps) < 2 || len(steps) > 3 {
		return a, fmt.Errorf("it does not name a message block")
	}
	var ok bool
	if a.name, ok = label(steps[1]); !ok {
		return a, fmt.Errorf("a block's label is a name or a string")
	}
	if len(steps) == 3 {
		step, ok := steps[2].(hcl.TraverseIndex)
		if !ok {
			return a, fmt.Errorf("an instance is named by its key in brackets")
		}
		a.index = step.Key
	}
	return a, nil
}

func label(step hcl.Traverser) (string, bool) {
	switch step := step.(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String {
			return step.Key.AsString(), true
		}
	}
	return "", false
}

// String gives the one spelling of an address: that of declarations and records.
func (a address) String() string {
	var b strings.Builder
	for _, m := range a.modules {
		b.WriteString("module." + m + ".")
	}
	return b.String() + spec.Address(a.name, a.index)
}

// splitAddress gives the label and the instance key of a recorded address.
func splitAddress(s string) (name string, index cty.Value) {
	if name, ok := strings.CutPrefix(s, "message."); ok && !strings.ContainsAny(name, "[.") {
		return name, cty.NilVal
	}
	a, err := parseAddress(s)
	if err != nil {
		return s, cty.NilVal
	}
	return a.name, a.index
}

// moduleOf finds the message in an address, outside of quotes: it is asked of every
// change, and parsing is slow.
func moduleOf(address string) string {
	const mark = ".message"
	for i, quoted := 0, false; i < len(address); i++ {
		switch {
		case address[i] == '\\' && quoted:
			i++
		case address[i] == '"':
			quoted = !quoted
		case !quoted && len(address)-i > len(mark) && address[i:i+len(mark)] == mark && (address[i+len(mark)] == '.' || address[i+len(mark)] == '['):
			return address[:i]
		}
	}
	return ""
}

// selection is what -target, -exclude and -republish say of topics, and which of
// them ever took something in.
type selection struct {
	target, exclude, republish picks
}

// picks are selectors with a note of those that matched.
type picks struct {
	of   []Selector
	used []bool
}

func newSelection(in Input) *selection {
	of := func(s []Selector) picks { return picks{s, make([]bool, len(s))} }
	return &selection{of(in.Target), of(in.Exclude), of(in.Republish)}
}

// take tells whether any of the selectors takes in a topic under any of the
// addresses that it is known by.
func (p picks) take(t *topic) bool {
	taken := false
	for i, s := range p.of {
		if slices.ContainsFunc(t.addresses(), func(a string) bool { return s.Matches(a, t.key.Topic) }) {
			p.used[i], taken = true, true
		}
	}
	return taken
}

// addresses are those that a topic is declared and recorded under.
func (t *topic) addresses() []string {
	found := make([]string, 0, 3)
	if t.decl != nil {
		found = append(found, t.decl.Address)
	}
	if t.rec != nil {
		found = append(found, t.rec.Address)
	}
	if t.pending != nil && t.pending.After != nil {
		found = append(found, t.pending.After.Address)
	}
	if len(found) == 0 {
		found = append(found, "")
	}
	return found
}

// has tells whether a topic is part of the plan.
func (s *selection) has(t *topic) bool {
	excluded := s.exclude.take(t)
	return (len(s.target.of) == 0 || s.target.take(t)) && !excluded
}

// idle lists the selectors that took in nothing: most likely a slip of the pen.
func (s *selection) idle() []string {
	var found []string
	for _, p := range []picks{s.target, s.exclude, s.republish} {
		for i, used := range p.used {
			if !used {
				found = append(found, p.of[i].String())
			}
		}
	}
	return found
}

// recordedOnly tells whether a plan looks at nothing but what state knows of.
func (in Input) recordedOnly() bool { return in.Mode == DestroyAll || in.Mode == RefreshOnly }

// Topics gives the topics of one broker that this plan must read, sorted: fewer
// than all where it is targeted, or destroys only what is recorded.
func (in Input) Topics(b Broker) []string {
	in.Brokers = []Broker{b}
	var found []string
	for _, t := range newPlanner(in).gather() {
		if in.recordedOnly() && t.rec == nil && t.pending == nil {
			continue
		}
		found = append(found, t.key.Topic)
	}
	return found
}
