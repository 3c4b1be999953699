package spec

import "slices"

// maxChain bounds the length of a chain of references. Resolving them is recursive, and Go
// cannot recover from a stack overflow.
const maxChain = 1000

// link is a value that is being resolved.
type link struct{ address, static string }

// chain holds the values that are being resolved, the outermost first.
type chain struct {
	links    []link
	active   map[string]bool
	circular map[string]bool // members of circles found so far, by their static address
}

func newChain() chain { return chain{active: map[string]bool{}, circular: map[string]bool{}} }

// circle returns the addresses that lead from a value that is being resolved back to it: it
// is the first and the last. It returns nil if the value is not being resolved.
func (c *chain) circle(address string) []string {
	if !c.active[address] {
		return nil
	}
	start := slices.IndexFunc(c.links, func(l link) bool { return l.address == address })
	var circle []string
	for _, link := range c.links[start:] {
		circle = append(circle, link.address)
		c.circular[link.static] = true
	}
	return append(circle, address)
}

// full reports whether no further value may be entered.
func (c *chain) full() bool { return len(c.links) >= maxChain }

// enter adds a value that is being resolved.
func (c *chain) enter(l link) {
	c.active[l.address] = true
	c.links = append(c.links, l)
}

// leave removes the value that was entered last.
func (c *chain) leave() {
	last := len(c.links) - 1
	delete(c.active, c.links[last].address)
	c.links = c.links[:last]
}
