package diag

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// DidYouMean returns ` Did you mean "x"?` for the most similar name, or "" if none is
// similar.
func DidYouMean(given string, names iter.Seq[string]) string {
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

// OneOf returns names as a list for a sentence: "a", "b" or "c".
func OneOf(names []string) string {
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
