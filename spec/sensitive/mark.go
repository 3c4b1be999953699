// Package sensitive marks values that may not be shown and finds what they end up in.
//
// A value is sensitive as a whole (Mark), or it is a JSON document of which some leaves are
// (Leaves). cty carries marks from arguments to results, through every operator and
// function; Is and Parts read them from the result. KeepKeyMarks closes the one gap that
// hcl leaves. When in doubt a value is sensitive: nothing here takes a mark away.
package sensitive

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

type mark string

// Mark says that no part of a value may be shown: v.Mark(sensitive.Mark).
const Mark mark = "sensitive"

// leafMark says that one leaf of a JSON document is sensitive and the rest is
// not. jsonencode sets it, so that a plan can show what else of a payload changes.
//
// cty hands the marks of an argument on to the result of whatever is computed
// from it, so a leafMark may end up on a string that is no longer the document:
// part of it, or longer. document ties the mark to the document; on any other
// value it means the same as Mark.
type leafMark struct {
	pointer  string // RFC 6901
	document string // SHA-256 of the whole document, in hex
}

// Leaves returns the marks of a JSON document of which the leaves at the pointers
// are sensitive, and nothing else.
func Leaves(document string, pointers []string) cty.ValueMarks {
	if len(pointers) == 0 {
		return nil
	}
	marks := make(cty.ValueMarks, len(pointers))
	of := digest(document)
	for _, p := range pointers {
		marks[leafMark{pointer: p, document: of}] = struct{}{}
	}
	return marks
}

// Is reports whether v or anything within it is sensitive.
func Is(v cty.Value) bool {
	return v.IsMarked() || !v.Type().IsPrimitiveType() && v.ContainsMarked()
}

// Parts returns which parts of the string v are sensitive: all of it, or these
// leaves of the JSON document that it is, as sorted pointers (RFC 6901).
func Parts(v cty.Value) (all bool, leaves []string) {
	v, marks := v.Unmark()
	if len(marks) == 0 {
		return false, nil
	}
	if v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return true, nil
	}
	of := digest(v.AsString())
	for m := range marks {
		leaf, ok := m.(leafMark)
		if !ok || leaf.document != of {
			return true, nil
		}
		leaves = append(leaves, leaf.pointer)
	}
	slices.Sort(leaves)
	return false, slices.Compact(leaves)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
