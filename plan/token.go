package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/state"
)

// tokenLength is in hexadecimal digits: 128 bits, short enough to paste and too
// long for anybody to make two plans of one token.
const tokenLength = 32

// Token is a hash over what the plan would do: the broker, the topic, the action
// and the messages before and after. Addresses, files, order and time do not
// count, so that two plans with one token publish the same.
func (p *Plan) Token() string {
	order := make([]*Change, 0, len(p.Changes)+len(p.Drift))
	for _, list := range [][]Change{p.Changes, p.Drift} {
		for i := range list {
			order = append(order, &list[i])
		}
	}
	slices.SortFunc(order, func(a, b *Change) int { return state.CompareKeys(a.Key, b.Key) })
	h := sha256.New()
	for _, c := range order { // quoted: no two changes share a line
		fmt.Fprintf(h, "%q %q %q %q %q\n", c.Key.Broker, c.Key.Topic, c.Action, c.BeforeDigest, c.AfterDigest)
	}
	return hex.EncodeToString(h.Sum(nil))[:tokenLength]
}
