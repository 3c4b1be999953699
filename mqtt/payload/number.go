package payload

import (
	"strconv"
	"strings"
)

// decimal is a number as digits times a power of ten, without leading and trailing zeros, so that
// all spellings of a number have one form. It is never expanded, so 1e999999999 costs nothing.
type decimal struct {
	negative bool
	digits   string // "" is zero
	exponent int64
}

// sameNumber reports whether two JSON numbers are exactly equal. Numbers with an exponent beyond 62
// bits are compared as spelled.
func sameNumber(a, b string) bool {
	x, ok := newDecimal(a)
	if !ok {
		return a == b
	}
	y, ok := newDecimal(b)
	return ok && x == y
}

func newDecimal(s string) (d decimal, ok bool) {
	s, d.negative = strings.CutPrefix(s, "-")
	mantissa := s
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa = s[:i]
		d.exponent, ok = exponent(s[i+1:])
	} else {
		ok = true
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := whole + fraction
	trimmed := strings.TrimRight(all, "0")
	d.digits = strings.TrimLeft(trimmed, "0")
	if d.digits == "" {
		return decimal{}, true // -0 and 0e9 are zero
	}
	d.exponent += int64(len(all)-len(trimmed)) - int64(len(fraction))
	return d, ok
}

func exponent(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	const limit = 1 << 62 // room to add the lengths of the mantissa's parts
	return n, err == nil && -limit < n && n < limit
}
