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

// opened is a module block on the way from the root to a folder.
type opened struct {
	m   *moduleDecl
	dir string // of the module that it calls
}

// modules reads the folders that the module blocks of decl name, each once, and
// those of their module blocks.
func (l *loader) modules(decl *declarations, way []opened) {
	for _, m := range sorted(decl.modules) {
		if l.full {
			return
		}
		dir, d := m.folder(decl.dir)
		if d == nil {
			d = l.mayOpen(m, dir, way)
		}
		if d != nil {
			l.report(d)
			continue
		}
		body, read := l.known[dir]
		if !read {
			body = l.module(m, dir)
			l.known[dir] = body
		}
		if m.body = body; body == nil {
			continue
		}
		l.report(m.link()...)
		if !read {
			l.modules(body, append(way, opened{m, dir}))
		}
	}
}

// mayOpen refuses a folder that is already open, and what has no end.
func (l *loader) mayOpen(m *moduleDecl, dir string, way []opened) *hcl.Diagnostic {
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
	case len(l.known) >= maxFolders && l.known[dir] == nil:
		l.full = true
		return diag.Errorf(at, "Too many modules", "The configuration has more than %d module folders.", maxFolders)
	}
	return nil
}

// module reads the folder of one module; nil where it cannot be used.
func (l *loader) module(m *moduleDecl, dir string) *declarations {
	at := m.source.Expr.Range().Ptr()
	names, err := l.root.List(dir)
	if err != nil {
		l.report(diag.Errorf(at, "Module not readable", "%s. source names a folder, relative to the one of this file.", diag.Sentence(err)))
		return nil
	}
	names = withSuffix(names, configSuffixes...)
	if len(names) == 0 {
		l.report(diag.Errorf(at, "Empty module", "The folder %s has no file whose name ends in .retain.hcl or .retain.json.", dir))
		return nil
	}
	before := len(l.diags)
	bodies := l.parse(dir, names)
	if l.diags[before:].HasErrors() {
		return nil
	}
	decl := declare(bodies, dir)
	l.report(decl.diags...)
	l.report(decl.reserved()...)
	return decl
}
