package spec

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/language"
)

// walkBlocks visits every block of the table.
func walkBlocks(blocks []language.Block, visit func(language.Block)) {
	for _, b := range blocks {
		visit(b)
		walkBlocks(b.Blocks, visit)
	}
}

// TestLanguageIsDescribed checks that the table is complete and consistent.
func TestLanguageIsDescribed(t *testing.T) {
	seen := map[string]bool{}
	walkBlocks(language.Blocks(), func(b language.Block) {
		if b.Doc == "" || !strings.HasSuffix(b.Doc, ".") {
			t.Errorf("%s is described as %q, which is not a sentence", b.Type, b.Doc)
		}
		for _, a := range b.Arguments {
			seen[a.Name] = true
			if a.Doc == "" || a.Type == "" || strings.HasSuffix(a.Doc, ".") || a.Required && a.Default != "" {
				t.Errorf("%s of %s: %+v", a.Name, b.Type, a)
			}
			if a.Sensitive != slices.Contains(language.SensitiveNames(), a.Name) {
				t.Errorf("%s of %s: sensitive is %v, which differs from another block", a.Name, b.Type, a.Sensitive)
			}
		}
	})
	for _, name := range referable {
		if !seen[name] {
			t.Errorf("%s is not described", name)
		}
	}
	if got, want := language.SensitiveNames(), []string{"key_file", "password", "token"}; !slices.Equal(got, want) {
		t.Errorf("%q are sensitive, want %q", got, want)
	}
}

// TestEveryKindIsDecoded checks that exactly the types of broker and backend blocks in the table of
// the language have decoders.
func TestEveryKindIsDecoded(t *testing.T) {
	for typ, decoded := range map[string][]string{
		"broker":  slices.Sorted(maps.Keys(brokerDecoders)),
		"backend": slices.Sorted(maps.Keys(backendDecoders)),
	} {
		var described []string
		walkBlocks(language.Blocks(), func(b language.Block) {
			if b.Type == typ {
				described = append(described, b.Kind)
				if typ == "broker" && b.Accepts == (mqtt.Limits{}) {
					t.Errorf("the language does not say what a broker %q accepts", b.Kind)
				}
			}
		})
		if slices.Sort(described); !slices.Equal(described, decoded) {
			t.Errorf("the language describes the %ss %q, and there are decoders for %q", typ, described, decoded)
		}
	}
}
