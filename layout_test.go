package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/retainctl/retainctl"

// mayImport is the architecture: which folders of the module each folder may
// import. Packages below a folder count as that folder.
var mayImport = map[string][]string{
	"mqtt":   {},
	"spec":   {"mqtt"},
	"state":  {"mqtt"},
	"broker": {"mqtt", "spec"},
	"plan":   {"mqtt", "spec", "state"},
	"apply":  {"mqtt", "plan", "state"},
	"render": {"mqtt", "plan", "apply", "state"},
	"cli":    {"mqtt", "spec", "state", "broker", "plan", "apply", "render"},
	"bench":  {},
	"":       {"cli"},
}

// listed is what "go list -json" says of a package.
type listed struct {
	ImportPath string
	Imports    []string
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range list(t) {
		from := folder(p.ImportPath)
		allowed, known := mayImport[from]
		if !known {
			t.Errorf("package %s is in no folder of the architecture", p.ImportPath)
		}
		for _, path := range p.Imports {
			if !strings.HasPrefix(path, module) {
				if from == "mqtt" && strings.Contains(path, ".") {
					t.Errorf("%s imports %s: mqtt imports the standard library only", p.ImportPath, path)
				}
				continue
			}
			if to := folder(path); to != from && !contains(allowed, to) {
				t.Errorf("%s imports %s: %q may import %q only", p.ImportPath, path, from, allowed)
			}
		}
	}
}

// list gives the packages of the module; test helpers below testdata are none.
func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// folder gives the top-level folder of a package of the module.
func folder(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, module), "/"), "/")
	return first
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}
