package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt/safejson"
)

// endLine closes a document and shows that no line is missing at its end. It has no count of
// lines, so that documents merge by line.
const endLine = `{"end":true}`

// The checksum of a line is its last member:
//
//	,"checksum":"0123abcd"}
const (
	checksumStart  = `,"checksum":"`
	checksumEnd    = `"}`
	checksumDigits = 8
	checksumLength = len(checksumStart) + checksumDigits + len(checksumEnd)
)

// DocumentBegin is how a state document begins, since a newer version is recognised by its first member.
const DocumentBegin = `{"format_version":`

// header is the first line of a state document.
type header struct {
	FormatVersion int      `json:"format_version"`
	Lineage       string   `json:"lineage"`
	Serial        uint64   `json:"serial"`
	Brokers       []pinned `json:"brokers"`
	DigestKey     []byte   `json:"digest_key,omitempty"`
}

type pinned struct {
	Identity Identity `json:"identity"`
	Type     string   `json:"type"`
	Name     string   `json:"name"`
}

// Encode returns a snapshot as a document: a header, a line for each record, a line for each
// pending entry, both sorted by broker and topic, and the end line. The error is not nil if a
// topic or property is not valid UTF-8.
func Encode(s *Snapshot) ([]byte, error) {
	const typical = 512 // bytes of a line
	w := newWriter(typical * (1 + len(s.Records) + len(s.Pending)))
	if err := w.line(newHeader(s)); err != nil {
		return nil, fmt.Errorf("encode state header: %w", err)
	}
	if err := w.records(s.Records); err != nil {
		return nil, err
	}
	for _, key := range sortedKeys(s.Pending) {
		if err := w.entry(pendingEntry(key, s.Pending[key])); err != nil {
			return nil, err
		}
	}
	return w.end(), nil
}

func sortedKeys[V any](m map[Key]V) []Key {
	return slices.SortedFunc(maps.Keys(m), CompareKeys)
}

func newHeader(s *Snapshot) header {
	return header{
		FormatVersion: FormatVersion, Lineage: s.Lineage, Serial: s.Serial, DigestKey: s.DigestKey,
		Brokers: pinnedBrokers(s.Brokers),
	}
}

func pinnedBrokers(brokers map[Identity]Pin) []pinned {
	list := []pinned{}
	for _, id := range slices.Sorted(maps.Keys(brokers)) {
		list = append(list, pinned{id, brokers[id].Type, brokers[id].Name})
	}
	return list
}

// writer writes the lines of a document.
type writer struct {
	out bytes.Buffer
	enc *json.Encoder
}

func newWriter(size int) *writer {
	w := &writer{}
	w.out.Grow(size)
	w.enc = json.NewEncoder(&w.out)
	w.enc.SetEscapeHTML(false) // people read the document in diffs
	return w
}

func (w *writer) records(records map[Key]Record) error {
	for _, key := range sortedKeys(records) {
		r := records[key]
		if err := w.entry(recordEntry(key, &r)); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) end() []byte {
	w.out.WriteString(endLine + "\n")
	return w.out.Bytes()
}

func (w *writer) entry(e entry) error {
	if err := e.check(); err != nil {
		return err
	}
	if err := w.line(e); err != nil {
		return fmt.Errorf("encode the record of %q: %w", e.Topic, err)
	}
	return nil
}

// line writes v as JSON, with its checksum added as the last member.
func (w *writer) line(v any) error {
	start := w.out.Len()
	if err := w.enc.Encode(v); err != nil {
		return err
	}
	w.out.Truncate(w.out.Len() - len("\n"))
	safe := safejson.Escape(w.out.Bytes()[start:]) // because "state pull" prints it
	w.out.Truncate(start)
	w.out.Write(safe)
	sum := checksum(safe)
	w.out.Truncate(w.out.Len() - len("}"))
	w.out.WriteString(checksumStart + sum + checksumEnd + "\n")
	return nil
}

func checksum(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:checksumDigits/2])
}

// Decode reads a document. It returns a *NewerFormatError or a *DamagedError for a document that
// Encode would not write back unchanged.
func Decode(data []byte) (*Snapshot, error) {
	d := newDecoder(data, "state", restoreAdvice)
	s, err := d.header()
	if err != nil {
		return nil, err
	}
	if err := d.entries(s); err != nil {
		return nil, err
	}
	return s, nil
}

// entries reads all lines that follow the header.
func (d *decoder) entries(into *Snapshot) error {
	for {
		line, ok := d.next()
		switch {
		case !ok:
			return d.damaged("the document ends here without its end line: the file was cut off, " +
				"and records may be missing")
		case string(line) == endLine:
			if line, more := d.next(); more {
				return d.damaged("%s follows the end line", shorten(line))
			}
			return nil
		}
		if err := d.entry(line, into); err != nil {
			return err
		}
	}
}

// decoder reads the lines of a document.
type decoder struct {
	what    string // kind of document: "state" or "backup"
	advice  string // what to do about a damaged one
	rest    []byte // what was not read yet
	at      int    // number of the last line that was read
	content []byte // buffer for the content of a line without its checksum

	json *json.Decoder // reads the content of every line from feed
	feed bytes.Reader
	fed  int64 // number of bytes fed so far
}

func newDecoder(data []byte, what, advice string) *decoder {
	d := &decoder{what: what, advice: advice, rest: data}
	d.json = json.NewDecoder(&d.feed)
	d.json.DisallowUnknownFields()
	return d
}

func (d *decoder) next() (line []byte, ok bool) {
	d.at++
	if len(d.rest) == 0 {
		return nil, false
	}
	line, d.rest, _ = bytes.Cut(d.rest, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), true // git may check files out with CRLF
}

func (d *decoder) header() (*Snapshot, error) {
	var h header
	if err := d.first("format_version", FormatVersion, &h); err != nil {
		return nil, err
	}
	if h.FormatVersion < 1 || h.Lineage == "" {
		return nil, d.damaged("the header has no format version or no lineage")
	}
	s := (&Snapshot{Lineage: h.Lineage, Serial: h.Serial, DigestKey: h.DigestKey}).Clone()
	return s, d.pinned(h.Brokers, s.Brokers)
}

// first reads the first line, which begins with the version. It checks the version before
// anything else, because a newer document may have a different structure.
func (d *decoder) first(member string, reads int, into any) error {
	line, ok := d.next()
	if !ok {
		return d.damaged("the file is empty")
	}
	if err := d.conflictMarker(line); err != nil {
		return err
	}
	var members map[string]any
	json.Unmarshal(line, &members) // a line that is not JSON has no version, and is damaged
	if version, ok := members[member].(float64); ok && version > float64(reads) {
		return &NewerFormatError{What: d.what, Version: int(version), Reads: reads}
	}
	if !bytes.HasPrefix(line, []byte(`{"`+member+`":`)) {
		return d.damaged("it is not the first line of a retainctl %s, but %s", d.what, shorten(line))
	}
	return d.unpack(line, into)
}

func (d *decoder) pinned(list []pinned, into map[Identity]Pin) error {
	for _, b := range list {
		if _, twice := into[b.Identity]; twice || b.Identity == "" {
			return d.damaged("the broker %q occurs twice", b.Identity)
		}
		into[b.Identity] = Pin{b.Type, b.Name}
	}
	return nil
}

func (d *decoder) entry(line []byte, into *Snapshot) error {
	if err := d.conflictMarker(line); err != nil {
		return err
	}
	var e entry
	if err := d.unpack(line, &e); err != nil {
		return err
	}
	if err := e.addTo(into); err != nil {
		return d.damaged("%s", err)
	}
	return nil
}

// unpack checks the checksum of a line and decodes it. It refuses an unknown member, because
// writing the document back would lose it.
func (d *decoder) unpack(line []byte, into any) error {
	cut := len(line) - checksumLength
	if cut < 0 || !bytes.HasPrefix(line[cut:], []byte(checksumStart)) || !bytes.HasSuffix(line, []byte(checksumEnd)) {
		return d.damaged("it does not end in a checksum: %s", shorten(line))
	}
	content := append(append(d.content[:0], line[:cut]...), '}')
	d.content = content
	if want := checksum(content); string(line[cut+len(checksumStart):len(line)-len(checksumEnd)]) != want {
		return d.damaged("it does not match its checksum: it was changed by hand or by a fault")
	}
	d.feed.Reset(content)
	d.fed += int64(len(content))
	if err := d.json.Decode(into); err != nil {
		return d.damaged("it cannot be decoded: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.json.InputOffset() != d.fed {
		return d.damaged("it holds more than one JSON object")
	}
	return nil
}

// conflictMarker returns an error if a line is a conflict marker of git.
func (d *decoder) conflictMarker(line []byte) error {
	for _, marker := range []string{"<<<<<<<", "|||||||", "=======", ">>>>>>>"} {
		if bytes.HasPrefix(line, []byte(marker)) {
			return &DamagedError{
				Line: d.at, Problem: "it is a git conflict marker",
				Advice: "Resolve the merge: keep one header line (that with the higher serial), one line for each " +
					"topic, and remove the markers",
			}
		}
	}
	return nil
}

func (d *decoder) damaged(format string, args ...any) error {
	return &DamagedError{Line: d.at, Problem: fmt.Sprintf(format, args...), Advice: d.advice}
}

// shorten returns the quoted beginning of a line, for an error.
func shorten(line []byte) string {
	const most = 40
	if len(line) > most {
		return fmt.Sprintf("%q...", line[:most])
	}
	return fmt.Sprintf("%q", line)
}
