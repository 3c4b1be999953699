package generate

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Names is a set of names that are taken: labels of messages, and with a prefix names of locals and files.
type Names map[string]bool

const (
	localName = "local."
	fileName  = "file."
)

// Declared returns the labels of the messages and the names of the locals that files of a
// configuration declare. The keys of the map are ignored, as are files that were not parsed.
func Declared(files map[string]*hcl.File) Names {
	taken := Names{}
	for _, f := range files {
		if f.Body == nil {
			continue
		}
		content, _, _ := f.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
			{Type: "message", LabelNames: []string{"name"}}, {Type: "locals"},
		}})
		for _, b := range content.Blocks {
			if b.Type == "message" {
				taken[b.Labels[0]] = true
				continue
			}
			attrs, _ := b.Body.JustAttributes()
			for name := range attrs {
				taken[localName+name] = true
			}
		}
	}
	return taken
}

// TakeFile marks the name of a file as taken.
func (n Names) TakeFile(name string) { n[fileName+name] = true }

// free takes and returns the first of the names that is free, or the last one with a number.
func (n Names) free(names ...string) string { return n.freeOf("", "", names) }

// local does the same for the name of a local value, and file for that of a file.
func (n Names) local(names ...string) string    { return n.freeOf(localName, "", names) }
func (n Names) file(name, ending string) string { return n.freeOf(fileName, ending, []string{name}) }

func (n Names) freeOf(prefix, ending string, names []string) string {
	last := names[len(names)-1]
	for i := 0; ; i++ {
		name := fmt.Sprintf("%s_%d", last, i-len(names)+2)
		if i < len(names) {
			name = names[i]
		}
		if name += ending; !n[prefix+name] {
			n[prefix+name] = true
			return name
		}
	}
}

// identifier turns a text into a name that expressions can use without quotes.
func identifier(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	name := strings.Join(words, "_")
	switch {
	case hclsyntax.ValidIdentifier(name):
		return name
	case hclsyntax.ValidIdentifier("n" + name):
		return "n" + name
	}
	return "value"
}

// singular returns the singular of a plural: "device" for "devices".
func singular(word string) string {
	if len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") {
		return word[:len(word)-1]
	}
	return word
}
