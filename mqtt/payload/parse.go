package payload

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth keeps a hostile payload from exhausting the stack of functions that walk the tree.
const maxDepth = 1000

// smallObject is the number of members up to which a linear search by name is cheaper than a map.
const smallObject = 8

// node is a value of a document, with its key if it is a member of an object.
type node struct {
	raw       string // a scalar as spelled; "{}" or "[]" for a container
	text      string // a string, decoded
	key, name string // of a member, as spelled and decoded
	kids      []node
}

// kind returns the first byte of the value, or '0' for any number.
func (n *node) kind() byte {
	if c := n.raw[0]; c != '-' && (c < '0' || c > '9') {
		return c
	}
	return '0'
}

func (n *node) container() bool { return n.raw == "{}" || n.raw == "[]" }

// parse leaves the check of the grammar to encoding/json: the parser below walks text that is known
// to be valid.
func parse(b []byte) (node, bool) {
	if !utf8.Valid(b) || !json.Valid(b) {
		return node{}, false
	}
	p := parser{s: string(b)}
	return p.value(0)
}

type parser struct {
	s  string
	at int
}

// next skips white space, commas and colons, and returns the byte that follows.
func (p *parser) next() byte {
	for strings.IndexByte(" \t\r\n,:", p.s[p.at]) >= 0 {
		p.at++
	}
	return p.s[p.at]
}

func (p *parser) value(depth int) (n node, ok bool) {
	switch p.next() {
	case '{':
		n.raw = "{}"
		n.kids, ok = p.members(depth + 1)
	case '[':
		n.raw = "[]"
		n.kids, ok = p.elements(depth + 1)
	case '"':
		n.raw = p.str()
		n.text, ok = unquote(n.raw)
	default:
		n.raw, ok = p.word(), true
	}
	return n, ok
}

func (p *parser) members(depth int) (kids []node, ok bool) {
	if depth > maxDepth {
		return nil, false
	}
	p.at++
	for p.next() != '}' {
		key := p.str()
		name, ok := unquote(key)
		if !ok {
			return nil, false
		}
		n, ok := p.value(depth)
		if !ok {
			return nil, false
		}
		n.key, n.name = key, name
		kids = append(kids, n)
	}
	p.at++
	return kids, distinct(kids)
}

func (p *parser) elements(depth int) (kids []node, ok bool) {
	if depth > maxDepth {
		return nil, false
	}
	p.at++
	for p.next() != ']' {
		n, ok := p.value(depth)
		if !ok {
			return nil, false
		}
		kids = append(kids, n)
	}
	p.at++
	return kids, true
}

// str consumes a string with its quotes.
func (p *parser) str() string {
	start := p.at
	for p.at++; p.s[p.at] != '"'; p.at++ {
		if p.s[p.at] == '\\' {
			p.at++
		}
	}
	p.at++
	return p.s[start:p.at]
}

// word consumes a number or a literal.
func (p *parser) word() string {
	start := p.at
	for p.at < len(p.s) && strings.IndexByte(" \t\r\n,]}", p.s[p.at]) < 0 {
		p.at++
	}
	return p.s[start:p.at]
}

func distinct(kids []node) bool {
	if len(kids) <= smallObject {
		for i := range kids {
			for j := range i {
				if kids[i].name == kids[j].name {
					return false
				}
			}
		}
		return true
	}
	names := make(map[string]struct{}, len(kids))
	for i := range kids {
		names[kids[i].name] = struct{}{}
	}
	return len(names) == len(kids)
}

// unquote decodes a valid JSON string. It refuses an unpaired surrogate escape, which readers
// decode differently.
func unquote(raw string) (string, bool) {
	s := raw[1 : len(raw)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			i++
			continue
		}
		r, size := escape(s[i:])
		if r == utf8.RuneError && size == 0 {
			return "", false
		}
		b.WriteRune(r)
		i += size
	}
	return b.String(), true
}

// escape decodes the escape at the start of s. The size is 0 if it is an unpaired surrogate.
func escape(s string) (r rune, size int) {
	if i := strings.IndexByte(`"\/bfnrt`, s[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	r = hex(s[2:6])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if r = utf16.DecodeRune(r, hex(s[8:12])); r != utf8.RuneError {
			return r, 12
		}
	}
	return utf8.RuneError, 0
}

func hex(s string) rune {
	n, _ := strconv.ParseUint(s, 16, 16) // valid JSON has four digits here
	return rune(n)
}

// quote returns a string as JSON, without escapes for HTML.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
