// Package payload reads a message's payload as JSON: whether two documents say
// the same, which leaves differ, and what a document looks like with some of its
// leaves replaced. Leaves are named by RFC 6901 pointers.
//
// Only objects and arrays without duplicate keys count as documents: anything
// else (a bare number, text, bytes) has no leaves and is compared byte for byte.
// Numbers are compared as exact decimals, never as floats.
package payload

// Doc is a parsed JSON object or array. It keeps the order of keys and the
// spelling of numbers, so that editing one leaf leaves the others' bytes alone.
type Doc struct{ root node }

// node is TODO of the author of this package.
type node struct{}

// Parse reads b as a document; ok is false where b is none.
func Parse(b []byte) (doc Doc, ok bool) { panic("not yet") }

// Equal tells whether two payloads are both documents and say the same: they may
// differ in key order, white space, string escapes and the spelling of a number.
func Equal(a, b []byte) bool { panic("not yet") }

// Leaf is one place at which two documents differ. An absent side is "".
type Leaf struct {
	Pointer       string // RFC 6901; "" is the whole document
	Before, After string // compact JSON
}

// Diff lists the leaves that differ, in the order of a then of what b adds. A
// subtree that only one side has is one Leaf for each of its leaves (an empty
// object or array is a leaf).
func Diff(a, b Doc) []Leaf { panic("not yet") }

// Leaves lists every leaf of the document with its compact JSON, in order.
func (d Doc) Leaves() []Leaf { panic("not yet") } // only Pointer and After are set

// Get gives the compact JSON of the value at a pointer.
func (d Doc) Get(pointer string) (value string, ok bool) { panic("not yet") }

// Set gives the document with the value at pointer replaced by raw JSON. A
// missing last key is added; a missing parent leaves the document as it is.
func (d Doc) Set(pointer, json string) Doc { panic("not yet") }

// Bytes gives the document as JSON. Without an edit these are the parsed bytes
// up to white space outside strings.
func (d Doc) Bytes() []byte { panic("not yet") }

// CheckPointer tells why a string is no RFC 6901 pointer.
func CheckPointer(pointer string) error { panic("not yet") }
