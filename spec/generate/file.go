package generate

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/retainctl/retainctl/mqtt/payload"
)

// file is a configuration that is being written.
type file struct {
	o       Options
	items   []*item
	taken   Names
	tables  []*table
	places  places
	members []*member // with a value that would be repeated
	text    []byte
	line    int               // the number of lines in text
	lines   []int             // the first line of each table
	files   map[string][]byte // further files, with rows and payloads, by name
}

// arrange writes the whole configuration: the shared values, then the messages by their topics.
func arrange(items []*item, o Options) *file {
	f := &file{o: o, items: items, taken: Names{}, tables: families(items), places: places{}, files: map[string][]byte{}}
	maps.Copy(f.taken, o.Taken)
	for _, t := range f.tables {
		f.count(t)
	}
	if o.Comment != "" {
		f.write("# " + o.Comment + "\n")
	}
	if definitions := f.shared(); len(definitions) > 0 {
		f.write(locals(definitions))
	}
	usual := usualLevels(items)
	for _, t := range f.tables {
		if t.single() {
			f.nameSingle(t)
		} else {
			f.name(t, usual)
		}
		f.lines = append(f.lines, f.write(t.source(f.places, o)))
	}
	return f
}

// write adds a section of source, and returns its first line.
func (f *file) write(source string) (line int) {
	if f.line > 0 {
		f.text = append(f.text, '\n')
		f.line++
	}
	text := hclwrite.Format([]byte(source))
	line = f.line + 1
	f.text, f.line = append(f.text, text...), f.line+bytes.Count(text, []byte("\n"))
	return line
}

// count counts the uses of shared values. A row of a table that selects one of several values
// counts twice, because it needs the key of the value.
func (f *file) count(t *table) {
	if t.single() && f.o.ownFile(t.items[0].m) {
		return
	}
	for i, leaf := range t.items[0].leaves {
		if t.slots[leaf] == nil {
			f.place(leaf, 1)
			continue
		}
		for _, it := range t.items {
			f.place(it.leaves[i], 2)
		}
	}
}

func (f *file) place(n *node, times int) {
	if n.shared == nil {
		return
	}
	f.places[n.shared] += times
	if f.places[n.shared] > 1 && !slices.Contains(f.members, n.shared.of) {
		f.members = append(f.members, n.shared.of)
	}
}

// shared names the local values for values that would be repeated, and returns their definitions.
func (f *file) shared() (definitions []string) {
	for _, m := range f.members {
		m.local = f.taken.local(identifier(m.name))
		all := node{kind: '{'}
		for _, s := range f.places.local(m) {
			all.kids = append(all.kids, s.value.named(s.key))
		}
		value := printer{width: blockWidth}.value(&all.kids[0])
		if len(all.kids) > 1 {
			value = printer{width: tableWidth}.entries(all.sorted())
		}
		definitions = append(definitions, m.local+" = "+value)
	}
	return definitions
}

// name names a table, and the local value or the file that holds its rows.
func (f *file) name(t *table, usual func(first, name string) bool) {
	t.label = f.taken.free(t.labels(usual)...)
	if f.o.Files && len(t.items) > longTable {
		t.file = f.taken.file(t.label, ".csv")
		f.files[t.file] = t.csv()
	} else if len(t.columns) > 0 {
		t.local = f.taken.local(t.label, t.label+"_rows")
	}
}

// nameSingle names a message after its topic, if that name is free, and puts a long payload into
// a file.
func (f *file) nameSingle(t *table) {
	it := t.items[0]
	if t.label = it.m.Topic; f.taken[t.label] {
		t.label = identifier(t.label)
	}
	t.label = f.taken.free(t.label)
	if f.o.ownFile(it.m) {
		t.args = f.payloadFile(it)
	}
}

// payloadFile adds a file with an item's payload, and returns arguments that read it. A JSON
// document is indented, which does not change its value.
func (f *file) payloadFile(it *item) node {
	p, ending, arg := it.m.Payload, ".txt", node{kind: text, name: "payload", call: "file"}
	_, isDocument := payload.Parse(p)
	switch {
	case it.binary():
		ending, arg.name, arg.call = ".bin", "payload_base64", "filebase64"
	case isDocument:
		ending = ".json"
	}
	var b bytes.Buffer
	if ending == ".json" && it.style == values && json.Indent(&b, p, "", "  ") == nil {
		p = append(b.Bytes(), '\n')
	}
	const most = 80
	base := identifier(it.m.Topic)
	for len(base) > most {
		_, size := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-size]
	}
	arg.text = f.taken.file(base, ending)
	f.files[arg.text] = p
	args := node{kind: '{', kids: slices.Clone(it.args.kids)}
	for i, a := range args.kids {
		if a.name == "payload" || a.name == "payload_base64" {
			args.kids[i] = arg
		}
	}
	return args
}
