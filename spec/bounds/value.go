package bounds

import (
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
)

const (
	// MaxText is the largest length of a string, in bytes. Each local may be twice as long as
	// the one before, and Go cannot recover from exhausted memory.
	MaxText = 128 << 20
	// maxExponent is the largest size of a number, in bits. Numbers are exact, and formatting
	// 1e10000000 takes a minute.
	maxExponent = 1 << 14
	// MaxParts is the largest number of values within a value. Each local may contain the one
	// before twice, which takes no memory, and no time until something visits all of it.
	MaxParts = 10_000_000
)

// ErrText says that a string is longer than MaxText.
var ErrText = fmt.Errorf("a string of more than %d MiB is too large for any message", MaxText>>20)

// WhollyKnown reports whether all of v is known, as v.IsWhollyKnown does. It visits at most
// *left values and subtracts them from *left, which is negative afterwards if there are more.
func WhollyKnown(v cty.Value, left *int) bool {
	if *left--; *left < 0 || !v.IsKnown() {
		return false
	}
	if v.IsMarked() {
		v, _ = v.Unmark()
	}
	if v.IsNull() || !v.CanIterateElements() {
		return true
	}
	for it := v.ElementIterator(); it.Next(); {
		if _, element := it.Element(); !WhollyKnown(element, left) {
			return false
		}
	}
	return true
}

// Value returns an error if v is a string or a number that is too large. The error
// does not quote v, which may be sensitive.
func Value(v cty.Value) error {
	v, _ = v.Unmark()
	switch ty := v.Type(); {
	case !v.IsKnown() || v.IsNull():
	case ty == cty.String && len(v.AsString()) > MaxText:
		return ErrText
	case ty == cty.Number:
		if e := v.AsBigFloat().MantExp(nil); e > maxExponent || e < -maxExponent {
			return errors.New("a number of more than 4,900 digits is too large or too small; write it as a string")
		}
	}
	return nil
}
