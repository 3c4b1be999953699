package spec

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// hasHugeNumber reports whether a JSON document contains a number that is too large to check
// against a schema. The validator computes with exact fractions, and an exponent of a few
// characters makes them larger than the memory.
func hasHugeNumber(doc any) bool {
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
		return slices.ContainsFunc(v, hasHugeNumber)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), hasHugeNumber)
	}
	return false
}
