package spec

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// didYouMean gives ` Did you mean "x"?` for the nearest of the names, or nothing
// where none is near.
func didYouMean(given string, names iter.Seq[string]) string {
	best, least := "", 3
	for _, name := range slices.Sorted(names) {
		if strings.EqualFold(given, name) {
			best = name
			break
		}
		if d := levenshtein.Distance(given, name, nil); d < least && d < len(name) {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// oneOf lists names for a reader: "a", "b" or "c".
func oneOf(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
