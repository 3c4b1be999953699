package declare

import (
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/functions"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// Source reads and parses files, and collects the diagnostics of a configuration.
type Source struct {
	Root   *functions.Sandbox
	work   *bounds.Work // that evaluates expressions of the files
	parser *hclparse.Parser
	Diags  hcl.Diagnostics

	notNormal map[string][]hcl.Range // names and strings of the configuration that are not in NFC, by file
}

// NewSource returns a source of the files below root, which may be set later. Literals are
// evaluated while the files are read, as a part of the work.
func NewSource(root *functions.Sandbox, work *bounds.Work) *Source {
	return &Source{Root: root, work: work, parser: hclparse.NewParser(), notNormal: map[string][]hcl.Range{}}
}

// Report adds diagnostics about the files, or about values computed from them.
func (s *Source) Report(diags ...*hcl.Diagnostic) { s.Diags = append(s.Diags, diags...) }

// Files returns the files that were read, by name.
func (s *Source) Files() map[string]*hcl.File { return s.parser.Files() }

// AddText adds a text that is not a file, so that a diagnostic writer can show its lines.
func (s *Source) AddText(name, text string) { s.parser.AddFile(name, &hcl.File{Bytes: []byte(text)}) }

// parse reads and parses files in a module's folder, which is relative to the root.
func (s *Source) parse(dir string, names []string) []hcl.Body {
	var bodies []hcl.Body
	for _, name := range names {
		src, err := s.Root.ReadFile(dir, name)
		name = path.Join(dir, name)
		if err != nil {
			s.Report(diag.Errorf(nil, "Configuration file not readable", "%s.", diag.Sentence(err)))
			continue
		}
		if f := s.ParseFile(src, name); f != nil {
			if odd := notNormal(src, name); odd != nil {
				s.notNormal[name] = odd
			}
			bodies = append(bodies, f.Body)
		}
	}
	return bodies
}

// ParseFile parses a file in native syntax, or in JSON if its name ends in .json. It returns
// nil if there are errors, which are reported.
func (s *Source) ParseFile(src []byte, name string) *hcl.File {
	json := strings.HasSuffix(name, ".json")
	d := bounds.Source(src, name, json)
	if json && d == nil {
		d = checkJSONText(src, name)
	}
	if d != nil {
		s.parser.AddFile(name, &hcl.File{Bytes: src})
		s.Report(d)
		return nil
	}
	parse := s.parser.ParseHCL
	if json {
		parse = s.parser.ParseJSON
	}
	f, diags := parse(src, name)
	s.Report(diags...)
	if diags.HasErrors() {
		return nil
	}
	if body, ok := f.Body.(*hclsyntax.Body); ok {
		sensitive.KeepKeyMarks(body)
	}
	return f
}

// List returns the names of the files in the root folder with one of the suffixes, sorted.
// Hidden files are skipped: they belong to editors.
func (s *Source) List(suffixes ...string) []string {
	names, err := s.Root.List(".")
	if err != nil {
		s.Report(diag.Errorf(nil, "Configuration folder not readable", "%s.", diag.Sentence(err)))
	}
	return withSuffix(names, suffixes...)
}

func withSuffix(names []string, suffixes ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		matches := func(suffix string) bool { return strings.HasSuffix(name, suffix) }
		return name[0] == '.' || !slices.ContainsFunc(suffixes, matches)
	})
}
