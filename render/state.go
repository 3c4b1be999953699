package render

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// StateList writes a line for each of the keys, which must be in the state: topic, tab, address. "state show" and
// "state rm" accept either.
func StateList(w io.Writer, s *state.Snapshot, keys []state.Key) error {
	out := bufio.NewWriter(w)
	writeStateList(out, s, keys)
	return out.Flush()
}

// StateTable writes the same for a terminal, with the addresses in one column.
func StateTable(w io.Writer, s *state.Snapshot, keys []state.Key) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	writeStateList(out, s, keys)
	return out.Flush()
}

func writeStateList(w io.Writer, s *state.Snapshot, keys []state.Key) {
	for _, k := range keys {
		fmt.Fprintf(w, "%s\t%s\n", Escape(k.Topic), Escape(s.Records[k].Address))
	}
}

// StateListJSON writes the records of the keys as a JSON array, without their messages.
func StateListJSON(w io.Writer, s *state.Snapshot, keys []state.Key) error {
	records := make([]jsonRecord, len(keys))
	for i, k := range keys {
		records[i] = recordJSON(s, k, s.Records[k])
		records[i].Message = nil
	}
	return writeJSON(w, records)
}

// StateRecord writes the record of a key, with its message, as text or as JSON.
func StateRecord(w io.Writer, s *state.Snapshot, k state.Key, asJSON bool) error {
	if asJSON {
		return writeJSON(w, recordJSON(s, k, s.Records[k]))
	}
	out := bufio.NewWriter(w)
	writeRecord(out, k, s.Records[k])
	return out.Flush()
}

func stateText(w io.Writer, s *state.Snapshot) error {
	out := bufio.NewWriter(w)
	if len(s.Records) == 0 {
		fmt.Fprintln(out, "The state records nothing.")
	}
	for i, k := range sortedKeys(s.Records) {
		if i > 0 {
			fmt.Fprintln(out)
		}
		writeRecord(out, k, s.Records[k])
	}
	if n := len(s.Pending); n > 0 {
		fmt.Fprintf(out, "\nAn interrupted apply may have published to %s:\n", Count(n, "topic"))
		for _, k := range sortedKeys(s.Pending) {
			fmt.Fprintf(out, "  - %s\n", quote(k.Topic))
		}
	}
	return out.Flush()
}

// writeRecord shows a record as a block of the configuration language.
func writeRecord(w io.Writer, k state.Key, r state.Record) {
	fmt.Fprintf(w, "# %s\n", Escape(r.Address))
	fmt.Fprintf(w, "# on %s\n", Escape(string(k.Broker)))
	if !r.UpdatedAt.IsZero() {
		fmt.Fprintf(w, "# recorded %s\n", r.UpdatedAt.UTC().Format(time.RFC3339))
	}
	b := &body{}
	b.field(context, "topic", quote(k.Topic))
	b.whole(context, &r.Message)
	if r.PreventDestroy {
		b.field(context, "prevent_destroy", "true")
	}
	if r.OnDestroy != "" && r.OnDestroy != "delete" {
		b.field(context, "on_destroy", quote(r.OnDestroy))
	}
	fmt.Fprintln(w, "message {")
	for _, l := range align(b.lines) {
		fmt.Fprintln(w, strings.TrimRight(strings.Repeat("    ", l.depth)+l.content(), " "))
	}
	fmt.Fprintln(w, "}")
}

func sortedKeys[V any](m map[state.Key]V) []state.Key {
	return slices.SortedFunc(maps.Keys(m), state.CompareKeys)
}

type jsonState struct {
	FormatVersion string       `json:"format_version"`
	Lineage       string       `json:"lineage"`
	Serial        uint64       `json:"serial"`
	Records       []jsonRecord `json:"records"`
	Pending       []jsonKey    `json:"pending"`
}

type jsonKey struct {
	Broker string `json:"broker"`
	Topic  string `json:"topic"`
}

type jsonRecord struct {
	Address        string       `json:"address"`
	Identity       string       `json:"identity"`
	Topic          string       `json:"topic"`
	Message        *jsonMessage `json:"message,omitempty"`
	Sensitive      any          `json:"sensitive"`
	Digest         string       `json:"digest"`
	UpdatedAt      string       `json:"updated_at,omitempty"`
	OnDestroy      string       `json:"on_destroy,omitempty"`
	PreventDestroy bool         `json:"prevent_destroy"`
	DependsOn      []string     `json:"depends_on,omitempty"`
}

func stateJSON(w io.Writer, s *state.Snapshot) error { return writeJSON(w, stateDocument(s)) }

func stateDocument(s *state.Snapshot) jsonState {
	doc := jsonState{
		FormatVersion: FormatVersion, Lineage: s.Lineage, Serial: s.Serial,
		Records: []jsonRecord{}, Pending: []jsonKey{},
	}
	for _, k := range sortedKeys(s.Records) {
		doc.Records = append(doc.Records, recordJSON(s, k, s.Records[k]))
	}
	for _, k := range sortedKeys(s.Pending) {
		doc.Pending = append(doc.Pending, jsonKey{brokerLabel(s, k.Broker), k.Topic})
	}
	return doc
}

func recordJSON(s *state.Snapshot, k state.Key, r state.Record) jsonRecord {
	m := r.Message
	m.Topic = k.Topic
	return jsonRecord{
		Address: r.Address, Identity: string(k.Broker), Topic: k.Topic,
		Message: messageJSON(brokerLabel(s, k.Broker), &m), Sensitive: sensitivity(&m, r.Redaction), Digest: r.Digest,
		UpdatedAt: timestamp(r.UpdatedAt), OnDestroy: r.OnDestroy, PreventDestroy: r.PreventDestroy, DependsOn: r.DependsOn,
	}
}

// brokerLabel returns the label of the block that last led to a broker, or the broker's identity if none is known.
func brokerLabel(s *state.Snapshot, id state.Identity) string {
	if s.Brokers[id].Name != "" {
		return s.Brokers[id].Name
	}
	return string(id)
}

// fieldsText returns a whole message on one line.
func fieldsText(m *mqtt.Message) string {
	b := &body{limits: brief}
	b.deleted(m)
	parts := make([]string, len(b.lines))
	for i, l := range b.lines {
		parts[i] = l.content()
	}
	return strings.Join(parts, ", ")
}
