package spec

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
)

// maxChain is how many references may follow one another. Resolving them is
// recursive, and Go cannot recover from a stack that is used up.
const maxChain = 1000

// link is one thing that is being resolved.
type link struct{ address, static string }

// enter begins to resolve a thing of this module. It refuses one that is being
// resolved, naming the chain that leads back to it.
func (e *moduleInstance) enter(local string, at hcl.Range) bool {
	address := e.place.path + local
	if e.active[address] {
		var chain []string
		for _, link := range e.chain {
			if len(chain) > 0 || link.address == address {
				chain = append(chain, link.address)
				e.circular[link.static] = true
			}
		}
		chain = append(chain, address)
		e.once("cycle "+strings.Join(chain, " "), &at, "References in a circle", "Its own value is needed to compute it: %s. Break the circle: put what they share into a local that depends on neither.", strings.Join(diag.ShortenChain(chain), " → "))
		return false
	}
	if len(e.chain) >= maxChain {
		e.once("chain", &at, "References nested too deeply", "More than %d references follow one another here.", maxChain)
		return false
	}
	e.active[address] = true
	e.chain = append(e.chain, link{address, e.place.static + local})
	return true
}

func (e *moduleInstance) leave() {
	last := len(e.chain) - 1
	delete(e.active, e.chain[last].address)
	e.chain = e.chain[:last]
}
