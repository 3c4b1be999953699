package plan

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/spec/addrs"
)

const notUndeclared = "%q is not an address: " +
	"an undeclared message is named by its topic in brackets, exclusive.NAME[\"TOPIC\"]"

// ParseTarget parses a Selector as ParseSelector does. In addition it accepts the addresses
// of untracked messages: exclusive.NAME, or exclusive.NAME["TOPIC"].
func ParseTarget(s string) (Selector, error) {
	name, ok := strings.CutPrefix(s, "exclusive.")
	name, _, _ = strings.Cut(name, "[")
	if !strings.HasPrefix(s, "exclusive[") && (!ok || strings.Contains(name, "/") || mqtt.IsFilter(name)) {
		return ParseSelector(s)
	}
	steps, diags := hclsyntax.ParseTraversalAbs([]byte(s), "", hcl.InitialPos)
	if diags.HasErrors() || steps.RootName() != "exclusive" || len(steps) > 3 {
		return Selector{}, fmt.Errorf("%q is not an address: write exclusive.NAME, or exclusive.NAME[\"TOPIC\"]", s)
	}
	block, _ := label(steps[1])
	x := spec.Exclusive{FilterBlock: spec.FilterBlock{Address: addrs.FilterBlock("exclusive", block)}}
	if len(steps) == 2 {
		return Selector{Address: x.Address}, nil
	}
	topic, isString := label(steps[2])
	if _, indexed := steps[2].(hcl.TraverseIndex); !indexed || !isString {
		return Selector{}, fmt.Errorf(notUndeclared, s)
	}
	return Selector{Address: x.UntrackedAddress(topic)}, nil
}

// mayMatchIn reports whether a selector can match untracked messages of an exclusive block.
func (s Selector) mayMatchIn(x *spec.Exclusive) bool {
	if s.Filter != "" {
		return mqtt.Overlap(s.Filter, x.Filter)
	}
	return covers(x.Address, s.Address)
}
