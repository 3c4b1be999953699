package generate

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/spec"
)

// longPayload is how many bytes a payload may have before it goes into a file of its
// own: a document of that size is more than a hundred lines.
const longPayload = 4096

// ownFile tells whether a message's payload goes into a file, unless a table says it
// shorter.
func (w *writer) ownFile(it *item) bool { return w.o.Files && len(it.m.Payload) > longPayload }

// payloadFile gives an argument that reads a payload from a file, and adds that. A
// document is laid out for readers, which says the same.
func (f *file) payloadFile(it *item, taken Names) (argument string) {
	p := it.m.Payload
	ending, argument := ".txt", "payload = file"
	_, isDocument := payload.Parse(p)
	switch {
	case it.style == bytesOnly || !readable(p):
		ending, argument = ".bin", "payload_base64 = filebase64"
	case isDocument:
		ending = ".json"
	}
	if ending == ".json" && it.style == values {
		var b bytes.Buffer
		if json.Indent(&b, p, "", "  ") == nil {
			p = append(b.Bytes(), '\n')
		}
	}
	const most = 80
	base := identifier(it.m.Topic)
	for len(base) > most {
		_, size := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-size]
	}
	name := taken.file(base, ending)
	f.files[name] = p
	return argument + "(" + spec.Quote(name) + ")"
}
