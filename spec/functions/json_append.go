package functions

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/bounds"
)

// appendJSON appends v as cty's own encoder spells it, in a quarter of the time: a
// fleet's plan encodes a hundred thousand payloads. It returns ok false for what
// needs more thought, a value that is marked, unknown or no JSON.
func appendJSON(b []byte, v cty.Value) (_ []byte, ok bool) {
	switch ty := v.Type(); {
	case v.IsMarked() || !v.IsKnown() || len(b) > bounds.MaxText:
		return b, false
	case v.IsNull():
		return append(b, "null"...), true
	case ty == cty.String:
		return appendString(b, v.AsString()), true
	case ty == cty.Number:
		return appendNumber(b, v.AsBigFloat())
	case ty == cty.Bool:
		return strconv.AppendBool(b, v.True()), true
	case ty.IsObjectType():
		return appendObject(b, v)
	case ty.IsMapType():
		return appendMap(b, v)
	case isSequence(ty):
		return appendArray(b, v)
	}
	return b, false
}

func appendObject(b []byte, v cty.Value) (_ []byte, ok bool) {
	attributes := v.Type().AttributeTypes()
	names := make([]string, 0, len(attributes))
	for name := range attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		if b, ok = appendJSON(b, v.GetAttr(name)); !ok {
			return b, false
		}
	}
	return append(b, '}'), true
}

func appendMap(b []byte, v cty.Value) (_ []byte, ok bool) {
	b = append(b, '{')
	for it, first := v.ElementIterator(), true; it.Next(); first = false {
		if !first {
			b = append(b, ',')
		}
		key, value := it.Element()
		b = append(appendString(b, key.AsString()), ':')
		if b, ok = appendJSON(b, value); !ok {
			return b, false
		}
	}
	return append(b, '}'), true
}

func appendArray(b []byte, v cty.Value) (_ []byte, ok bool) {
	b = append(b, '[')
	for it, first := v.ElementIterator(), true; it.Next(); first = false {
		if !first {
			b = append(b, ',')
		}
		_, value := it.Element()
		if b, ok = appendJSON(b, value); !ok {
			return b, false
		}
	}
	return append(b, ']'), true
}

// appendString leaves what needs an escape to encoding/json, which escapes < > &
// as Terraform does.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string cannot fail
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendNumber spells f with the fewest digits that give f again at f's own
// precision, 512 bits for most. Finding them is slow, but the fewest for a
// float64 are found fast, and if they give f again there are no fewer.
func appendNumber(b []byte, f *big.Float) (_ []byte, ok bool) {
	if f.IsInf() || bounds.Value(cty.NumberVal(f)) != nil {
		return b, false
	}
	// Of a float64 above 2^53 the fewest digits are not the exact ones.
	if n, accuracy := f.Int64(); accuracy == big.Exact && !f.Signbit() && (n < 1<<53 || f.Prec() >= 64) {
		return strconv.AppendInt(b, n, 10), true
	}
	if f.Prec() <= 64 { // several numbers have the fewest digits then, and which one is taken differs
		return f.Append(b, 'f', -1), true
	}
	near, _ := f.Float64()
	short := strconv.AppendFloat(nil, near, 'f', -1, 64)
	again, _, err := big.ParseFloat(string(short), 10, f.Prec(), big.ToNearestEven)
	if err == nil && again.Cmp(f) == 0 && f.Sign() != 0 {
		return append(b, short...), true
	}
	return f.Append(b, 'f', -1), true
}
