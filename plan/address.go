package plan

import (
	"errors"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/addrs"
)

// looksLikeAddress distinguishes an address from a topic filter.
func looksLikeAddress(s string) bool {
	isName := func(name string) bool { return !strings.Contains(name, "/") && !mqtt.IsFilter(name) }
	if rest, ok := strings.CutPrefix(s, "module."); ok {
		end := strings.IndexAny(rest, ".[")
		switch {
		case end < 0:
			return rest != "" && isName(rest)
		case rest[end] == '[':
			return isName(rest[:end])
		}
		return looksLikeAddress(rest[end+1:])
	}
	if strings.HasPrefix(s, "message[") {
		return true
	}
	name, ok := strings.CutPrefix(s, "message.")
	name, _, _ = strings.Cut(name, "[")
	return ok && isName(name)
}

// address is a parsed address of a module, a message block, or of one instance.
type address struct {
	modules string // module.a["k"].module.b
	message bool   // the address names a message
	name    string
	index   cty.Value // cty.NilVal, a number or a string
}

var (
	errNoMessage = errors.New("it does not name a message block")
	errKey       = errors.New("an instance is named by its key in brackets")
	errModule    = errors.New("a module is written module.NAME")
)

// parseAddress parses the address of a module, a message block or an instance. The error
// says which part is wrong.
func parseAddress(s string) (address, error) {
	var a address
	steps, diags := hclsyntax.ParseTraversalAbs([]byte(s), "", hcl.InitialPos)
	if diags.HasErrors() {
		return a, errors.New(strings.ToLower(diags[0].Summary))
	}
	root, steps := steps.RootName(), steps[1:]
	for root == "module" {
		var err error
		if root, steps, err = a.module(steps); err != nil {
			return a, err
		}
		if root == "" {
			return a, nil
		}
	}
	if root != "message" || len(steps) == 0 || len(steps) > 2 {
		return a, errNoMessage
	}
	var ok bool
	if a.name, ok = label(steps[0]); !ok {
		return a, errors.New("a block's label is a name or a string")
	}
	if a.message = true; len(steps) == 1 {
		return a, nil
	}
	step, ok := steps[1].(hcl.TraverseIndex)
	if !ok {
		return a, errKey
	}
	a.index = step.Key
	return a, nil
}

// module removes a module's name and key from the steps of an address. It returns the
// root of the rest, or "" if there is no rest.
func (a *address) module(steps hcl.Traversal) (string, hcl.Traversal, error) {
	if len(steps) == 0 {
		return "", nil, errModule
	}
	name, isName := steps[0].(hcl.TraverseAttr)
	if !isName {
		return "", nil, errModule
	}
	index := cty.NilVal
	steps = steps[1:]
	if len(steps) > 0 {
		if step, ok := steps[0].(hcl.TraverseIndex); ok {
			index, steps = step.Key, steps[1:]
		}
	}
	if a.modules != "" {
		a.modules += "."
	}
	a.modules += addrs.Module(name.Name, index)
	if len(steps) == 0 {
		return "", nil, nil
	}
	root, isAttr := steps[0].(hcl.TraverseAttr)
	if !isAttr {
		return "", nil, errKey
	}
	return root.Name, steps[1:], nil
}

// label returns the label of a block that a step names, as a name or as a string.
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

// String returns the address as declarations and records spell it.
func (a address) String() string {
	switch {
	case !a.message:
		return a.modules
	case a.modules == "":
		return addrs.Message(a.name, a.index)
	}
	return a.modules + "." + addrs.Message(a.name, a.index)
}

// splitAddress returns the label and the instance key of a recorded address.
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

// moduleOf returns the part of an address before the message. It does not parse the
// address, because it is called for every change and parsing is slow.
func moduleOf(address string) string {
	rest := address
	for strings.HasPrefix(rest, "module.") {
		rest = rest[len("module."):]
		rest = rest[max(strings.IndexAny(rest, ".["), 0):]
		if strings.HasPrefix(rest, "[") {
			rest = rest[len(key(rest)):]
		}
		rest = strings.TrimPrefix(rest, ".")
	}
	return strings.TrimSuffix(address[:len(address)-len(rest)], ".")
}

// key returns the key at the beginning of s, including its brackets.
func key(s string) string {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ']' && !quoted:
			return s[:i+1]
		}
	}
	return s
}

// withoutKeys returns the address of a module without its instance keys.
func withoutKeys(module string) string {
	for i := 0; i < len(module); i++ {
		if module[i] == '[' {
			module = module[:i] + module[i+len(key(module[i:])):]
			i--
		}
	}
	return module
}

// covers reports whether an address is that of a selected module, block or instance,
// or of something in it. A step of selected without a key covers every key.
func covers(selected, address string) bool {
	for selected != "" && address != "" {
		switch {
		case selected[0] == '[': // keys are compared as a whole, because they may contain dots and brackets
			k := key(selected)
			if !strings.HasPrefix(address, k) {
				return false
			}
			selected, address = selected[len(k):], address[len(k):]
		case selected[0] == address[0]:
			selected, address = selected[1:], address[1:]
		case selected[0] == '.' && address[0] == '[':
			address = address[len(key(address)):]
		default:
			return false
		}
	}
	return selected == "" && (address == "" || address[0] == '[' || address[0] == '.')
}
