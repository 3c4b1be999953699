package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// sorter determines the dependencies of message blocks. As in Terraform, a dependency is a block
// or a module without instance keys, so it costs the same for one instance and for 10,000.
type sorter struct {
	*run
	needs     map[string][]string  // dependencies of message blocks, by their static address
	inherited map[string][]string  // dependencies of modules, which all their messages have
	edges     map[string][]string  // by block or module
	at        map[string]hcl.Range // of blocks and modules
}

// order returns the dependencies of each message block, by its static address. It reports
// circles, because no block in one could be published first.
func (r *run) order() map[string][]string {
	s := &sorter{r, map[string][]string{}, map[string][]string{}, map[string][]string{}, map[string]hcl.Range{}}
	for _, mod := range declare.Sorted(r.first) {
		s.module(mod)
	}
	s.search()
	return s.needs
}

// module adds the blocks of one module.
func (s *sorter) module(mod *moduleInstance) {
	here := strings.TrimSuffix(mod.place.static, ".")
	if mod.call != nil {
		s.at[here] = mod.call.decl.At
	}
	for _, o := range declare.Sorted(mod.decl.Outputs) {
		mod.dependsOn(o.DependsOn) // users of the output wait for these; this only reports mistakes
	}
	for _, m := range declare.Sorted(mod.decl.Calls) {
		mod.dependsOn(m.Attrs["depends_on"]) // likewise, for modules without messages
		if nested := mod.place.static + m.Address(); s.first[nested+"."] != nil {
			s.edges[here] = append(s.edges[here], nested)
		}
	}
	for _, m := range declare.Sorted(mod.decl.Messages) {
		address := mod.place.static + m.Address()
		set := map[string]bool{}
		for _, need := range s.inherit(mod) {
			set[need] = true
		}
		for _, need := range mod.dependsOn(m.Attrs["depends_on"]) {
			set[need] = true
		}
		s.follow(mod, m.Expressions(), set)
		s.at[address] = m.At
		s.needs[address] = slices.Sorted(maps.Keys(set))
		s.edges[address] = s.needs[address]
		s.edges[here] = append(s.edges[here], address)
	}
	if here == "" { // nothing depends on the root as a whole
		delete(s.edges, here)
	}
}

// inherit returns the dependencies that all messages of a module have: those of its block, and
// of the blocks around it.
func (s *sorter) inherit(mod *moduleInstance) []string {
	if mod.call == nil {
		return nil
	}
	if known, ok := s.inherited[mod.place.static]; ok {
		return known
	}
	set := map[string]bool{}
	outer, attrs := mod.call.caller, mod.call.decl.Attrs
	for _, need := range slices.Concat(s.inherit(outer), outer.dependsOn(attrs["depends_on"])) {
		set[need] = true
	}
	if name := declare.Repeat(attrs); name != "" {
		s.follow(outer, []hcl.Expression{attrs[name].Expr}, set)
	}
	s.inherited[mod.place.static] = slices.Sorted(maps.Keys(set))
	return s.inherited[mod.place.static]
}

// follow adds the message blocks that expressions of a module refer to, and the dependencies of
// the outputs that they use.
func (s *sorter) follow(mod *moduleInstance, exprs []hcl.Expression, found map[string]bool) {
	mod.follow(exprs, func(in *moduleInstance, to reference) {
		switch to.root {
		case "message":
			if in.decl.Messages[to.name] != nil {
				found[in.place.static+addrs.Message(to.name, cty.NilVal)] = true
			}
		case "output":
			for _, need := range in.dependsOn(in.decl.Outputs[to.name].DependsOn) {
				found[need] = true
			}
		}
	})
}

// dependsOn returns the static addresses in a depends_on argument of this module; none for nil.
func (mod *moduleInstance) dependsOn(attr *hcl.Attribute) []string {
	if attr == nil {
		return nil
	}
	list, diags := hcl.ExprList(attr.Expr)
	mod.sink.Add(diags...)
	var needs []string
	for _, expr := range list {
		t, diags := hcl.AbsTraversalForExpr(expr)
		root, name, at := "", "", expr.Range()
		if !diags.HasErrors() {
			ref := declare.NewReference(t)
			root, name = ref.Root, ref.Name
		}
		switch {
		case name == "" || root != "message" && root != "module":
			mod.sink.Add(diag.Errorf(&at, "Invalid depends_on",
				"depends_on lists message and module blocks, without quotes: [message.NAME, module.NAME]."))
		case root == "module" && mod.decl.Calls[name] == nil:
			mod.undeclared("module", name, at, maps.Keys(mod.decl.Calls))
		case root == "module":
			needs = append(needs, mod.place.static+mod.decl.Calls[name].Address())
		case mod.decl.Messages[name] == nil:
			mod.undeclared("message", name, at, maps.Keys(mod.decl.Messages))
		default:
			needs = append(needs, mod.place.static+mod.decl.Messages[name].Address())
		}
	}
	return needs
}

// search visits the dependencies depth-first and reports circles.
func (s *sorter) search() {
	const inside, done = 1, 2
	state := map[string]int{}
	var path []string
	var visit func(address string)
	visit = func(address string) {
		state[address] = inside
		path = append(path, address)
		for _, next := range s.edges[address] {
			switch state[next] {
			case 0:
				visit(next)
			case inside:
				s.circle(path[slices.Index(path, next):])
			}
		}
		path = path[:len(path)-1]
		state[address] = done
	}
	for address := range declare.Sorted(s.edges) {
		if state[address] == 0 {
			visit(address)
		}
	}
}

// circle reports blocks that wait for each other, unless they are a circle of references, which
// was reported during its evaluation.
func (s *sorter) circle(addresses []string) {
	if slices.ContainsFunc(addresses, func(address string) bool { return s.chain.circular[address] }) {
		return
	}
	var chain []string
	for _, address := range append(slices.Clone(addresses), addresses[0]) {
		at := s.at[address]
		chain = append(chain, fmt.Sprintf("%s (%s:%d)", address, at.Filename, at.Start.Line))
	}
	at := s.at[addresses[0]]
	s.root.sink.Add(diag.Errorf(&at, "Dependencies in a circle",
		"Each of these blocks waits for the next, so none could be published first: %s. Remove a depends_on.",
		strings.Join(diag.ShortenChain(chain), " → ")))
}
