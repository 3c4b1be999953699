package main

import (
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The bounds of each package. A knot is a set of files of one package that all refer to each other in
// a cycle, directly or indirectly: none of them can be understood or moved without the others.
const (
	maxKnot    = 10
	maxMethods = 45
	maxLines   = 350
)

// TestFloorPlan checks each package against the bounds. With -v it prints the figures of each.
func TestFloorPlan(t *testing.T) {
	for _, p := range typed(t) {
		knot := p.knot()
		if len(knot) > maxKnot {
			t.Errorf("%s: %d of its %d files refer to each other in a cycle, more than %d: %s",
				p.path, len(knot), len(p.files), maxKnot, strings.Join(knot, " "))
		}
		name, methods := p.mostMethods()
		if methods > maxMethods {
			t.Errorf("%s: type %s has %d methods, more than %d", p.path, name, methods, maxMethods)
		}
		longest, lines := p.longestFile()
		if lines > maxLines && !slices.Contains(helpers, p.path) {
			t.Errorf("%s: %s has %d lines, more than %d", p.path, longest, lines, maxLines)
		}
		t.Logf("%-55s files %3d, knot %2d; %s has %d methods; %s has %d lines", p.path, len(p.files), len(knot), name, methods, longest, lines)
	}
}

// checked is a type-checked package of the module, without its tests.
type checked struct {
	path  string
	fset  *token.FileSet
	files []*ast.File
	types *types.Package
	info  *types.Info
}

// typed returns every package of the module, type-checked against the export data of its imports in
// the build cache.
func typed(t *testing.T) []checked {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	type built struct {
		ImportPath, Dir, Export string
		GoFiles                 []string
	}
	exports, ours := map[string]string{}, []built{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var b built
		if err := dec.Decode(&b); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[b.ImportPath] = b.Export
		if (b.ImportPath == module || strings.HasPrefix(b.ImportPath, module+"/")) && len(b.GoFiles) > 0 {
			ours = append(ours, b)
		}
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	all := make([]checked, len(ours))
	for i, b := range ours {
		p := checked{path: b.ImportPath, fset: fset, info: &types.Info{Uses: map[*ast.Ident]types.Object{}}}
		for _, name := range b.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(b.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			p.files = append(p.files, f)
		}
		config := types.Config{Importer: imports}
		if p.types, err = config.Check(b.ImportPath, fset, p.files, p.info); err != nil {
			t.Fatal(err)
		}
		all[i] = p
	}
	return all
}

// references returns, for each file, the other files of the package that declare the functions, types,
// methods, fields, variables and constants that it uses.
func (p *checked) references() map[string][]string {
	to := map[string][]string{}
	for _, f := range p.files {
		from := p.file(f.Pos())
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if used := p.info.Uses[id]; used != nil && used.Pkg() == p.types && declared(used) {
					if at := p.file(used.Pos()); at != from && !slices.Contains(to[from], at) {
						to[from] = append(to[from], at)
					}
				}
			}
			return true
		})
	}
	return to
}

// declared reports whether an object is declared in the package, and not in a function.
func declared(o types.Object) bool {
	if v, ok := o.(*types.Var); ok && v.IsField() {
		return true
	}
	if f, ok := o.(*types.Func); ok && f.Signature().Recv() != nil {
		return true
	}
	return o.Parent() == o.Pkg().Scope()
}

func (p *checked) file(pos token.Pos) string { return filepath.Base(p.fset.Position(pos).Filename) }

// knot returns the largest set of files that all refer to each other in a cycle.
func (p *checked) knot() []string {
	to, reached := p.references(), map[string]map[string]bool{}
	for _, f := range p.files {
		from := p.file(f.Pos())
		seen := map[string]bool{}
		for todo := []string{from}; len(todo) > 0; todo = todo[1:] {
			for _, next := range to[todo[0]] {
				if !seen[next] {
					seen[next] = true
					todo = append(todo, next)
				}
			}
		}
		reached[from] = seen
	}
	var largest []string
	for a := range reached {
		knot := []string{a}
		for b := range reached {
			if a != b && reached[a][b] && reached[b][a] {
				knot = append(knot, b)
			}
		}
		if len(knot) > len(largest) {
			largest = knot
		}
	}
	slices.Sort(largest)
	return largest
}

// mostMethods returns the type with the most methods, not counting embedded ones.
func (p *checked) mostMethods() (name string, most int) {
	for _, n := range p.types.Scope().Names() {
		if t, ok := p.types.Scope().Lookup(n).Type().(*types.Named); ok && t.NumMethods() > most {
			name, most = n, t.NumMethods()
		}
	}
	return name, most
}

func (p *checked) longestFile() (name string, most int) {
	for _, f := range p.files {
		if n := p.fset.Position(f.FileEnd).Line; n > most {
			name, most = p.file(f.Pos()), n
		}
	}
	return name, most
}
