package spec

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// unwieldy tells whether a document has a number that JSON allows and that a schema
// is not held against: the validator computes with exact fractions, which an exponent
// of a few characters makes larger than any memory.
func unwieldy(doc any) bool {
	switch v := doc.(type) {
	case json.Number:
		const most = 1000 // digits, and the exponent
		digits, exponent, scientific := strings.Cut(strings.ToLower(string(v)), "e")
		if len(digits) > most {
			return true
		}
		n, err := strconv.Atoi(exponent)
		return scientific && (err != nil || max(n, -n) > most)
	case []any:
		return slices.ContainsFunc(v, unwieldy)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), unwieldy)
	}
	return false
}
