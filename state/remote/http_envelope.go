package remote

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/retainctl/retainctl/state"
)

// A server of the protocol expects one JSON value with the serial in it: GitLab takes a state's
// version from there, and refuses a body that is not JSON. So the lines of the document, each a
// JSON object, are sent as the elements of a list.
//
//	{"serial":7,"lineage":"...","retainctl_state":[
//	{"format_version":1,...},
//	{"end":true}
//	]}
const (
	envelopeStart = `,"retainctl_state":[` + "\n"
	envelopeEnd   = "\n]}\n"
)

func wrap(s *state.Snapshot, document []byte) []byte {
	var b bytes.Buffer
	lineage, _ := json.Marshal(s.Lineage) // a string
	fmt.Fprintf(&b, `{"serial":%d,"lineage":%s%s`, s.Serial, lineage, envelopeStart)
	b.Write(bytes.ReplaceAll(bytes.TrimSuffix(document, []byte("\n")), []byte("\n"), []byte(",\n")))
	b.WriteString(envelopeEnd)
	return b.Bytes()
}

// unwrap returns the document in an envelope. A body that is not an envelope is returned unchanged,
// and its decoder reports what is wrong.
func unwrap(body []byte) []byte {
	var envelope struct {
		Lines []json.RawMessage `json:"retainctl_state"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil || envelope.Lines == nil {
		return body
	}
	var document bytes.Buffer
	document.Grow(len(body))
	for _, line := range envelope.Lines {
		document.Write(line)
		document.WriteByte('\n')
	}
	return document.Bytes()
}
