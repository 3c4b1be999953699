package spec

import (
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
)

const (
	// maxText bounds one string: each local may double the one before, and Go
	// cannot recover from memory that is used up.
	maxText = 128 << 20
	// maxExponent bounds a number, in bits: it is exact, and to spell 1e10000000
	// takes a minute.
	maxExponent = 1 << 14
)

// withinBounds tells what is too large about a string or a number, without its value.
func withinBounds(v cty.Value) error {
	v, _ = v.Unmark()
	switch ty := v.Type(); {
	case !v.IsKnown() || v.IsNull():
	case ty == cty.String && len(v.AsString()) > maxText:
		return fmt.Errorf("a string of more than %d MiB is too large for any message", maxText>>20)
	case ty == cty.Number:
		if e := v.AsBigFloat().MantExp(nil); e > maxExponent || e < -maxExponent {
			return errors.New("a number of more than 4,900 digits is too large or too small; write it as a string")
		}
	}
	return nil
}
