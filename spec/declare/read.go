package declare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
)

const (
	// maxModuleDepth bounds how deep modules call modules: with a symbolic link to its own
	// parent, one folder has endlessly many paths.
	maxModuleDepth = 32
	// MaxFolders bounds the folders that are read, because two such links make 2^32 of them.
	MaxFolders = 1000
)

// tree reads a root module and the modules below it.
type tree struct {
	*Source
	known map[string]*Module // by folder; nil for one that cannot be used
	full  bool               // MaxFolders was reached
}

// opened is a module block on the path from the root to the current folder.
type opened struct {
	m   *Call
	dir string // of the module that it calls
}

// Read reads the root module of a configuration and, unless onlyRoot is set, the modules that
// it calls. dir is the root's folder as diagnostics name it, and running the version of the
// program, which is not checked if it is not a version number. Read returns nil if the files
// cannot be read, or if the configuration requires another version.
func Read(s *Source, dir, running string, onlyRoot bool) *Module {
	t := &tree{Source: s, known: map[string]*Module{}}
	bodies := t.parseRoot(dir)
	if t.Diags.HasErrors() {
		return nil
	}
	if t.Report(t.checkVersion(bodies, running)...); t.Diags.HasErrors() {
		return nil
	}
	root, diags := t.declare(bodies, ".")
	if t.Report(diags...); !onlyRoot {
		t.modules(root, nil)
	}
	return root
}

// configSuffixes are the suffixes of a configuration's files.
var configSuffixes = []string{".retain.hcl", ".retain.json"}

// parseRoot reads the files of the root module.
func (t *tree) parseRoot(dir string) []hcl.Body {
	names := t.List(configSuffixes...)
	if len(names) == 0 && !t.Diags.HasErrors() {
		t.Report(diag.Errorf(nil, "No configuration files",
			"The folder %s has no file whose name ends in .retain.hcl or .retain.json. Create main.retain.hcl, for "+
				"example with\n\n"+
				"  message \"hello\" {\n    payload = \"Hello, world\"\n  }\n\nor name another folder with "+
				"-chdir=DIR.", dir))
	}
	return t.parse(".", names)
}

// modules reads the folders that the module blocks of decl name, and recursively those of
// their module blocks. Each folder is read once. path leads from the root to decl.
func (t *tree) modules(decl *Module, path []opened) {
	for _, m := range Sorted(decl.Calls) {
		if t.full {
			return
		}
		dir, d := t.folder(m, decl.Dir)
		if d == nil {
			d = t.mayOpen(m, dir, path)
		}
		if d != nil {
			t.Report(d)
			continue
		}
		body, read := t.known[dir]
		if !read {
			body = t.module(m, dir)
			t.known[dir] = body
		}
		if m.Body = body; body == nil {
			continue
		}
		t.Report(m.link()...)
		if !read {
			t.modules(body, append(path, opened{m, dir}))
		}
	}
}

// mayOpen returns an error if a folder is already open, or if there are too many modules.
func (t *tree) mayOpen(m *Call, dir string, path []opened) *hcl.Diagnostic {
	at := m.source.Expr.Range().Ptr()
	opens := func(o opened) bool { return o.dir == dir }
	switch start := slices.IndexFunc(path, opens); {
	case start >= 0 || dir == ".":
		var chain []string
		for _, o := range append(path[max(start, 0):len(path):len(path)], opened{m, dir}) {
			chain = append(chain, fmt.Sprintf("module.%s (%s:%d)", o.m.Name, o.m.At.Filename, o.m.At.Start.Line))
		}
		return diag.Errorf(at, "Modules in a circle",
			"The module would contain itself endlessly: %s. Remove one of these blocks.",
			strings.Join(diag.ShortenChain(chain), " → "))
	case len(path) >= maxModuleDepth:
		return diag.Errorf(at, "Modules nested too deeply",
			"More than %d modules call one another here. Look for a symbolic link that leads back up.",
			maxModuleDepth)
	case len(t.known) >= MaxFolders && t.known[dir] == nil:
		t.full = true
		return diag.Errorf(at, "Too many modules", "The configuration has more than %d module folders.", MaxFolders)
	}
	return nil
}

// module reads the folder of one module. It returns nil if it cannot be used.
func (t *tree) module(m *Call, dir string) *Module {
	at := m.source.Expr.Range().Ptr()
	names, err := t.Root.List(dir)
	if err != nil {
		t.Report(diag.Errorf(at, "Module not readable",
			"%s. source names a folder, relative to this file's folder.", diag.Sentence(err)))
		return nil
	}
	names = withSuffix(names, configSuffixes...)
	if len(names) == 0 {
		t.Report(diag.Errorf(at, "Empty module",
			"The folder %s has no file whose name ends in .retain.hcl or .retain.json.", dir))
		return nil
	}
	before := len(t.Diags)
	bodies := t.parse(dir, names)
	if t.Diags[before:].HasErrors() {
		return nil
	}
	decl, diags := t.declare(bodies, dir)
	t.Report(diags...)
	t.Report(decl.reserved()...)
	return decl
}
