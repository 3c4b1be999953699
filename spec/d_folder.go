package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
)

const (
	// maxModuleDepth bounds how deep modules call modules: a link to its own folder
	// makes endless paths of one folder.
	maxModuleDepth = 32
	// maxFolders bounds the folders that are read, since two such links make 2^32.
	maxFolders = 1000
)

// tree reads a root module and the modules below it.
type tree struct {
	*source
	known map[string]*declarations // module folders that were read; nil for one that cannot be used
	full  bool                     // too many of them
}

// opened is a module block on the way from the root to a folder.
type opened struct {
	m   *moduleDecl
	dir string // of the module that it calls
}

// readAll reads the root module of a configuration, whose folder is called dir, and
// those that it calls unless it is to be alone. It returns nil if the files cannot be
// read, or if the configuration is for another version of the program than running.
func readAll(s *source, dir, running string, alone bool) *declarations {
	t := &tree{source: s, known: map[string]*declarations{}}
	bodies := t.parseRoot(dir)
	if t.diags.HasErrors() {
		return nil
	}
	if t.report(checkVersion(bodies, running)...); t.diags.HasErrors() {
		return nil
	}
	root, diags := declare(bodies, ".")
	if t.report(diags...); !alone {
		t.modules(root, nil)
	}
	return root
}

// configSuffixes end the names of a configuration's files.
var configSuffixes = []string{".retain.hcl", ".retain.json"}

// parseRoot reads the files of the root module.
func (t *tree) parseRoot(dir string) []hcl.Body {
	names := t.list(configSuffixes...)
	if len(names) == 0 && !t.diags.HasErrors() {
		t.report(diag.Errorf(nil, "No configuration files",
			"The folder %s has no file whose name ends in .retain.hcl or .retain.json. Create main.retain.hcl, for example with\n\n"+
				"  message \"hello\" {\n    payload = \"Hello, world\"\n  }\n\nor name another folder with -chdir=DIR.", dir))
	}
	return t.parse(".", names)
}

// modules reads the folders that the module blocks of decl name, each once, and
// those of their module blocks.
func (t *tree) modules(decl *declarations, way []opened) {
	for _, m := range sorted(decl.modules) {
		if t.full {
			return
		}
		dir, d := m.folder(decl.dir)
		if d == nil {
			d = t.mayOpen(m, dir, way)
		}
		if d != nil {
			t.report(d)
			continue
		}
		body, read := t.known[dir]
		if !read {
			body = t.module(m, dir)
			t.known[dir] = body
		}
		if m.body = body; body == nil {
			continue
		}
		t.report(m.link()...)
		if !read {
			t.modules(body, append(way, opened{m, dir}))
		}
	}
}

// mayOpen refuses a folder that is already open, and what has no end.
func (t *tree) mayOpen(m *moduleDecl, dir string, way []opened) *hcl.Diagnostic {
	at := m.source.Expr.Range().Ptr()
	opens := func(o opened) bool { return o.dir == dir }
	switch start := slices.IndexFunc(way, opens); {
	case start >= 0 || dir == ".":
		var chain []string
		for _, o := range append(way[max(start, 0):len(way):len(way)], opened{m, dir}) {
			chain = append(chain, fmt.Sprintf("module.%s (%s:%d)", o.m.name, o.m.at.Filename, o.m.at.Start.Line))
		}
		return diag.Errorf(at, "Modules in a circle", "The module would be part of itself without end: %s. Take one of these blocks out.", strings.Join(diag.ShortenChain(chain), " → "))
	case len(way) >= maxModuleDepth:
		return diag.Errorf(at, "Modules nested too deeply", "More than %d modules call one another here. Look for a link to a folder that leads back up.", maxModuleDepth)
	case len(t.known) >= maxFolders && t.known[dir] == nil:
		t.full = true
		return diag.Errorf(at, "Too many modules", "The configuration has more than %d module folders.", maxFolders)
	}
	return nil
}

// module reads the folder of one module; nil where it cannot be used.
func (t *tree) module(m *moduleDecl, dir string) *declarations {
	at := m.source.Expr.Range().Ptr()
	names, err := t.root.List(dir)
	if err != nil {
		t.report(diag.Errorf(at, "Module not readable", "%s. source names a folder, relative to the one of this file.", diag.Sentence(err)))
		return nil
	}
	names = withSuffix(names, configSuffixes...)
	if len(names) == 0 {
		t.report(diag.Errorf(at, "Empty module", "The folder %s has no file whose name ends in .retain.hcl or .retain.json.", dir))
		return nil
	}
	before := len(t.diags)
	bodies := t.parse(dir, names)
	if t.diags[before:].HasErrors() {
		return nil
	}
	decl, diags := declare(bodies, dir)
	t.report(diags...)
	t.report(decl.reserved()...)
	return decl
}
