package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// mark is what a value is marked with: v.Mark(sensitive).
type mark string

// sensitive says that no part of the value may be shown.
const sensitive mark = "sensitive"

// leafMark says that one leaf of a JSON document is sensitive and the rest is
// not. jsonencode sets it, so that a plan can show what else of a payload changes.
//
// cty hands the marks of an argument on to the result of whatever is computed
// from it, so a leafMark may end up on a string that is no longer the document:
// part of it, or longer. Of ties the mark to the document; on any other value it
// means the same as sensitive.
type leafMark struct {
	Pointer string // RFC 6901
	Of      string // SHA-256 of the whole document, in hex
}

// isSensitive tells whether v or anything within it is sensitive.
func isSensitive(v cty.Value) bool {
	return v.IsMarked() || !v.Type().IsPrimitiveType() && v.ContainsMarked()
}

// sensitiveParts tells which parts of the string v are sensitive: all of it, or
// these leaves of the JSON document that it is.
func sensitiveParts(v cty.Value) (all bool, leaves []string) {
	v, marks := v.Unmark()
	if len(marks) == 0 {
		return false, nil
	}
	if v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return true, nil
	}
	of := documentDigest(v.AsString())
	for m := range marks {
		leaf, ok := m.(leafMark)
		if !ok || leaf.Of != of {
			return true, nil
		}
		leaves = append(leaves, leaf.Pointer)
	}
	slices.Sort(leaves)
	return false, slices.Compact(leaves)
}

func documentDigest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
