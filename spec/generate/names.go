package generate

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/retainctl/retainctl/spec"
)

// Names are names that are taken.
type Names map[string]bool

// free gives a name that is not taken, and takes it.
func (n Names) free(name string) string {
	free := name
	for i := 2; n[free]; i++ {
		free = name + "_" + strconv.Itoa(i)
	}
	n[free] = true
	return free
}

// Declared gives the labels of the messages and the names of the locals in the
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
				taken["local."+name] = true
			}
		}
	}
	return taken
}

// TakeFile says that a name of a file is taken.
func (n Names) TakeFile(name string) { n["file."+name] = true }

// file gives a free name of a file.
func (n Names) file(base, ending string) string {
	name := base + ending
	for i := 2; n["file."+name]; i++ {
		name = base + "_" + strconv.Itoa(i) + ending
	}
	n.TakeFile(name)
	return name
}

// local gives a free name of a local value.
func (n Names) local(name string) string {
	return strings.TrimPrefix(n.free("local."+name), "local.")
}

// identifier makes a name that expressions use without quotes.
func identifier(s string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' {
			return r
		}
		return '_'
	}, s)
	for strings.Contains(name, "__") {
		name = strings.ReplaceAll(name, "__", "_")
	}
	name = strings.Trim(name, "_")
	if name == "" {
		return "value"
	}
	if !hclsyntax.ValidIdentifier(name) {
		name = "n" + name
	}
	if !hclsyntax.ValidIdentifier(name) {
		return "value"
	}
	return name
}

// quoteName spells the key of an object: most need no quotes. "for" would begin an
// expression, and the others would be read as values by people.
func quoteName(name string) string {
	switch name {
	case "for", "true", "false", "null", "if", "in":
		return spec.Quote(name)
	}
	if hclsyntax.ValidIdentifier(name) {
		return name
	}
	return spec.Quote(name)
}

func singular(word string) string {
	if len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") {
		return word[:len(word)-1]
	}
	return word
}

func plural(word string) string {
	switch n := len(word); {
	case strings.HasSuffix(word, "s") || word[n-1] >= '0' && word[n-1] <= '9':
		return word
	case n > 2 && word[n-1] == 'y' && !strings.ContainsRune("aeiou", rune(word[n-2])):
		return word[:n-1] + "ies"
	}
	return word + "s"
}

// pieceName names what is left of a leaf's text when a template holds the rest: no
// topic or template any more.
func pieceName(leaf string, cells []*node) string {
	for _, n := range cells {
		if strings.ContainsFunc(n.text, func(r rune) bool { return r == ' ' || unicode.IsUpper(r) }) {
			return "name"
		}
	}
	if strings.Contains(leaf, "tpl") || strings.Contains(leaf, "template") {
		return "field"
	}
	return leaf
}

// lookupName names the table of what follows from a column.
func lookupName(column string) string {
	if strings.HasPrefix(column, "level") {
		return "by_" + column
	}
	return plural(column)
}

func jsonString(s string) string {
	b, _ := json.Marshal(s) // a string cannot fail
	return string(b)
}

// label names a family by the levels that its topics share, without those that most
// imported topics share, where any are left.
func (f *family) label(usual func(levels []string, i int) bool) string {
	var own, all []string
	levels := f.items[0].levels
	for i, name := range levels {
		if f.levels[i] != nil || name == "" {
			continue
		}
		all = append(all, name)
		if !usual(levels, i) {
			own = append(own, name)
		}
	}
	switch {
	case len(own) > 0:
		return identifier(strings.Join(slices.Compact(own), "_"))
	case len(all) > 0:
		return identifier(strings.Join(slices.Compact(all), "_"))
	}
	return "message"
}

// distinct names a family so that it is told from others of the same topics: by what
// its keys begin with.
func (f *family) distinct(label string, taken Names) string {
	if !taken[label] {
		return taken.free(label)
	}
	prefix := f.keys[0]
	for _, key := range f.keys {
		prefix = commonPrefix(prefix, key)
	}
	if name := identifier(strings.TrimRightFunc(prefix, unicode.IsDigit)); len(strings.Trim(prefix, "_-")) > 2 && len(name) <= 20 {
		label += "_" + name
	}
	return taken.free(label)
}
