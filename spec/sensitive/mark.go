// Package sensitive marks values that may not be shown, and finds the results that contain them.
//
// A value is sensitive as a whole (Mark), or it is a JSON document with sensitive leaves
// (Leaves). cty carries marks from arguments to results, through every operator and
// function; Is and Parts read them from the result. KeepKeyMarks closes the one gap that
// hcl leaves. In doubt a value is sensitive: nothing in this package removes a mark.
package sensitive

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

type mark string

// Mark is the cty mark of a value of which no part may be shown: v.Mark(sensitive.Mark).
const Mark mark = "sensitive"

// leafMark is the cty mark of a JSON document with a sensitive leaf; several mark several
// leaves. jsonencode sets it, so that a plan can show the changes in the rest of a payload.
//
// cty copies the marks of an argument to every result that is computed from it, so a
// leafMark may end up on a string that is not the document any more: a part of it, or a
// longer one. The digest ties the mark to its document; on any other value a leafMark
// means the same as Mark.
type leafMark struct {
	pointer  string // RFC 6901
	document string // SHA-256 of the whole document, in hex
}

// Leaves returns the marks of a JSON document of which only the leaves at the pointers
// (RFC 6901) are sensitive: nil if there are none.
func Leaves(document string, pointers []string) cty.ValueMarks {
	if len(pointers) == 0 {
		return nil
	}
	marks := make(cty.ValueMarks, len(pointers))
	sum := digest(document)
	for _, p := range pointers {
		marks[leafMark{pointer: p, document: sum}] = struct{}{}
	}
	return marks
}

// Is reports whether v or anything within it is sensitive.
func Is(v cty.Value) bool {
	return v.IsMarked() || !v.Type().IsPrimitiveType() && v.ContainsMarked()
}

// Parts returns the sensitive parts of v: all of it, or the leaves of the JSON document v as
// sorted pointers (RFC 6901), or neither. Unless v is a known string, it is sensitive as a
// whole or not at all.
func Parts(v cty.Value) (all bool, leaves []string) {
	v, marks := v.Unmark()
	if len(marks) == 0 {
		return false, nil
	}
	if v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return true, nil
	}
	sum := digest(v.AsString())
	for m := range marks {
		leaf, ok := m.(leafMark)
		if !ok || leaf.document != sum {
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
