package generate

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Names are names that are taken: of messages, and with a prefix of locals and files.
type Names map[string]bool

const (
	localName = "local."
	fileName  = "file."
)

// Declared returns the labels of the messages and the names of the locals in the
// files of a configuration.
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

// TakeFile says that a name of a file is taken.
func (n Names) TakeFile(name string) { n[fileName+name] = true }

// free takes the first of some names that is free, or the last one with a number.
func (n Names) free(names ...string) string { return n.freeOf("", "", names) }

// local takes a name for a local value, and file one for a file.
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

// identifier makes a name that expressions use without quotes.
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

// singular is the name of one of several: "devices" hold a device.
func singular(word string) string {
	if len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") {
		return word[:len(word)-1]
	}
	return word
}
