package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/state"
)

// tokenLength is the number of hexadecimal digits: 128 bits, which is short enough to paste
// and too long to find two plans with the same token.
const tokenLength = 32

// Token returns a hash of what the plan would do: the broker, the topic, the action and the
// messages before and after of each change. It is 32 hexadecimal digits. Addresses, files,
// order and time do not count: two plans with the same token publish the same messages.
func (p *Plan) Token() string {
	order := make([]*Change, 0, len(p.Changes)+len(p.Drift))
	for _, list := range [][]Change{p.Changes, p.Drift} {
		for i := range list {
			order = append(order, &list[i])
		}
	}
	slices.SortFunc(order, func(a, b *Change) int { return state.CompareKeys(a.Key, b.Key) })
	h := sha256.New()
	for _, c := range order { // quoted, so that no two different changes have the same line
		fmt.Fprintf(h, "%q %q %q %q %q\n", c.Key.Broker, c.Key.Topic, c.Action, c.BeforeDigest, c.AfterDigest)
	}
	return hex.EncodeToString(h.Sum(nil))[:tokenLength]
}
