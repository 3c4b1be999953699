// Package payload reads a message's payload as a JSON document: it compares documents, lists the
// leaves that differ, and replaces leaves. Leaves are named by RFC 6901 pointers.
//
// Only objects and arrays without duplicate keys are documents. Anything else (a bare number, text,
// bytes) has no leaves and is compared byte for byte. So is JSON that readers disagree on: invalid
// UTF-8, unpaired surrogate escapes, more than 1,000 levels. Numbers are compared as exact
// decimals, never as floats.
package payload

import (
	"bytes"
	"strings"
)

// Doc is a parsed JSON object or array. It keeps the order of keys and the spelling of numbers, so
// an edit of one leaf does not change the bytes of the others. It is a value: Set and Replace
// return a new one.
type Doc struct{ root node }

// Parse reads b as a document. ok is false if b is not one.
func Parse(b []byte) (doc Doc, ok bool) {
	root, ok := parse(b)
	if !ok || !root.container() {
		return Doc{}, false
	}
	return Doc{root}, true
}

// Equal reports whether two payloads are equivalent: their bytes are equal, or both are documents
// that differ only in key order, white space, string escapes and the spelling of numbers.
func Equal(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, ok := Parse(a)
	if !ok {
		return false
	}
	y, ok := Parse(b)
	return ok && same(&x.root, &y.root)
}

// Leaves returns every leaf of the document with its compact JSON, in order. Only Pointer and After
// are set.
func (d Doc) Leaves() []Leaf {
	var found differences
	found.only(&d.root, nil, func(value string) Leaf { return Leaf{After: value} })
	return found.leaves
}

// Get returns the compact JSON of the value at a pointer. ok is false if there is none.
func (d Doc) Get(pointer string) (value string, ok bool) {
	if CheckPointer(pointer) != nil {
		return "", false
	}
	n := &d.root
	for _, step := range steps(pointer) {
		i := n.child(step)
		if i < 0 {
			return "", false
		}
		n = &n.kids[i]
	}
	return n.json(), true
}

// Set returns the document with the value at pointer replaced by raw JSON. A missing last key of an
// object is added. If a parent or an array element is missing, or raw is not valid JSON, the
// document is returned unchanged.
func (d Doc) Set(pointer, json string) Doc {
	value, ok := parse([]byte(json))
	if !ok || CheckPointer(pointer) != nil {
		return d
	}
	root := d.root.with(steps(pointer), value)
	if !root.container() {
		return d
	}
	return Doc{root}
}

// Replace returns the document with each value at one of the pointers replaced by the same raw
// JSON. Pointers without a value are ignored, and so is "", the whole document. It walks the
// document once, whatever the number of pointers.
func (d Doc) Replace(pointers []string, json string) Doc {
	value, ok := parse([]byte(json))
	if !ok || len(pointers) == 0 {
		return d
	}
	at := make(map[string]bool, len(pointers))
	for _, p := range pointers {
		at[p] = p != ""
	}
	return Doc{d.root.replaced(at, "", value)}
}

// Bytes returns the document as JSON without white space. Otherwise it is as it was parsed, except
// for edits.
func (d Doc) Bytes() []byte { return []byte(d.root.json()) }

// same reports whether two values are equivalent.
func same(a, b *node) bool {
	if !a.container() || !b.container() {
		return sameScalar(a, b)
	}
	if a.kind() != b.kind() || len(a.kids) != len(b.kids) {
		return false
	}
	find := b.finder()
	for i := range a.kids {
		j := find(a, i)
		if j < 0 || !same(&a.kids[i], &b.kids[j]) {
			return false
		}
	}
	return true
}

func sameScalar(a, b *node) bool {
	if a.raw == b.raw {
		return true
	}
	if a.kind() != b.kind() {
		return false
	}
	switch a.kind() {
	case '"':
		return a.text == b.text
	case '0':
		return sameNumber(a.raw, b.raw)
	}
	return false
}

// child returns the index of the member or element that a step of a pointer names.
func (n *node) child(step string) int {
	switch n.kind() {
	case '{':
		for i := range n.kids {
			if n.kids[i].name == step {
				return i
			}
		}
	case '[':
		return index(step, len(n.kids))
	}
	return -1
}

// with returns n with the value at the end of the steps replaced. It copies only the containers on
// the way.
func (n *node) with(steps []string, value node) node {
	if len(steps) == 0 {
		value.key, value.name = n.key, n.name
		return value
	}
	changed := *n
	i := n.child(steps[0])
	switch {
	case i >= 0:
		changed.kids = append([]node(nil), n.kids...)
		changed.kids[i] = n.kids[i].with(steps[1:], value)
	case n.kind() == '{' && len(steps) == 1:
		value.key, value.name = quote(steps[0]), steps[0]
		changed.kids = append(append([]node(nil), n.kids...), value)
	}
	return changed
}

func (n *node) replaced(at map[string]bool, pointer string, value node) node {
	if at[pointer] {
		return n.with(nil, value)
	}
	changed := *n
	changed.kids = make([]node, len(n.kids))
	for i := range n.kids {
		changed.kids[i] = n.kids[i].replaced(at, pointer+"/"+n.step(i), value)
	}
	return changed
}

// json appends a value as it was spelled, without white space.
func (n *node) json() string {
	if !n.container() {
		return n.raw
	}
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	if !n.container() {
		b.WriteString(n.raw)
		return
	}
	b.WriteString(n.raw[:1])
	for i := range n.kids {
		if i > 0 {
			b.WriteByte(',')
		}
		if n.kind() == '{' {
			b.WriteString(n.kids[i].key)
			b.WriteByte(':')
		}
		n.kids[i].write(b)
	}
	b.WriteString(n.raw[1:])
}
