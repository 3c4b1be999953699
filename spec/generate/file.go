package generate

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// file is a configuration in the making.
type file struct {
	w        *writer
	sections []section
	files    map[string][]byte // tables and payloads
	blocks   int
}

// section is a piece of the file with the messages that it declares.
type section struct {
	items []*item
	text  []byte
}

// arrange writes everything: what is shared, then the messages by their topics.
func (w *writer) arrange() *file {
	families, singles := w.families()
	w.chosen(families, singles)
	taken := maps.Clone(w.o.Taken)
	if taken == nil {
		taken = Names{}
	}
	f := &file{w: w, files: map[string][]byte{}}
	head := w.sharedLocals(taken)
	for _, t := range w.tables(families, taken) {
		f.add(t.items, w.family(t))
		if t.file != "" {
			f.files[t.file] = t.csv()
		}
	}
	for _, it := range singles {
		f.add([]*item{it}, f.single(it, taken))
	}
	slices.SortStableFunc(f.sections, func(a, b section) int { return strings.Compare(a.items[0].m.Topic, b.items[0].m.Topic) })
	if head != "" {
		all := section{text: hclwrite.Format([]byte(head))}
		f.sections = slices.Insert(f.sections, 0, all)
	}
	return f
}

func (f *file) add(items []*item, source string) {
	f.sections = append(f.sections, section{items, hclwrite.Format([]byte(source))})
	f.blocks++
}

// single writes a message by itself. Its label is its topic, where that is free.
func (f *file) single(it *item, taken Names) string {
	var head []string
	payload := ""
	if f.w.ownFile(it) {
		payload = f.payloadFile(it, taken)
	}
	label := it.m.Topic
	if taken[label] {
		label = identifier(label)
		head = []string{"topic = " + printer{}.value(&node{kind: text, text: it.m.Topic}, 2)}
	}
	return f.w.block(taken.free(label), head, it, nil, payload)
}

// tables names the families.
func (w *writer) tables(families []*family, taken Names) []*table {
	slices.SortFunc(families, func(a, b *family) int { return byTopic(a.items[0].m, b.items[0].m) })
	usual := w.usual()
	all := make([]*table, len(families))
	for i, f := range families {
		t := &table{family: f, label: f.distinct(f.label(usual), taken)}
		own := t.own()
		switch {
		case w.o.Files && len(f.items) > longTable:
			t.file = taken.file(plural(t.label), ".csv")
		case len(own) > 0:
			t.local = taken.local(plural(t.label))
		}
		for _, c := range f.columns {
			if c.from != nil && t.lookup == "" {
				t.lookup = taken.local(lookupName(c.from.name))
			}
		}
		all[i] = t
	}
	return all
}

// usual tells which levels say little, since most topics of the same first level
// have them in that place, from the front or the back. The first level itself says
// little where all have it.
func (w *writer) usual() func(levels []string, i int) bool {
	type place struct {
		first string
		at    int // from the back where it is negative
		name  string
	}
	count, first := map[place]int{}, map[string]int{}
	for _, it := range w.items {
		first[it.levels[0]]++
		for i, name := range it.levels {
			count[place{it.levels[0], i, name}]++
			count[place{it.levels[0], i - len(it.levels), name}]++
		}
	}
	return func(levels []string, i int) bool {
		if i == 0 {
			return first[levels[0]] == len(w.items)
		}
		usual := func(n int) bool { return n*5 >= first[levels[0]]*4 }
		return usual(count[place{levels[0], i, levels[i]}]) || usual(count[place{levels[0], i - len(levels), levels[i]}])
	}
}

// sharedLocals writes what stands in several messages.
func (w *writer) sharedLocals(taken Names) string {
	var b strings.Builder
	for _, g := range w.groups {
		var named []*shared
		for _, s := range g.values {
			if s.sites > 1 {
				named = append(named, s)
			}
		}
		if len(named) == 0 {
			continue
		}
		g.local = taken.local(identifier(g.member))
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "  %s = %s\n", g.local, g.source(named))
	}
	if b.Len() == 0 {
		return ""
	}
	return "locals {\n" + b.String() + "}\n"
}

// source is the value of a group: its only one, or a map of them.
func (g *group) source(named []*shared) string {
	if !g.asMap {
		return printer{}.value(&named[0].value, 2)
	}
	all := &node{kind: '{'}
	for _, s := range named {
		all.kids = append(all.kids, renamed(s.value, s.key))
	}
	slices.SortFunc(all.kids, func(a, b node) int { return strings.Compare(a.name, b.name) })
	return printer{wide: true}.entries(all, 2)
}

func renamed(n node, name string) node {
	n.name = name
	return n
}

// source is the whole file, and the line that each section begins on.
func (f *file) source() (src []byte, lines []int) {
	var b bytes.Buffer
	line := 1
	write := func(text []byte) {
		b.Write(text)
		line += bytes.Count(text, []byte("\n"))
	}
	if c := f.w.o.Comment; c != "" {
		write([]byte("# " + c + "\n"))
	}
	for _, s := range f.sections {
		if b.Len() > 0 {
			write([]byte("\n"))
		}
		lines = append(lines, line)
		write(s.text)
	}
	return b.Bytes(), lines
}

func (f *file) result(leftOut []LeftOut) Result {
	src, _ := f.source()
	return Result{HCL: src, Files: f.files, Written: len(f.w.items), Blocks: f.blocks, LeftOut: leftOut}
}
