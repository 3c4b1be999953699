package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/retainctl/retainctl"

// rule is what one folder of the module may import.
type rule struct {
	ours    []string // folders of the module
	foreign []string // beginnings of other modules' paths; nil is the standard library only
}

var (
	hcl  = []string{"github.com/hashicorp/hcl/", "github.com/zclconf/go-cty"}
	aws  = []string{"github.com/aws/"}
	x    = []string{"golang.org/x/"}
	near = []string{"github.com/agext/levenshtein"}         // Terraform's measure for "Did you mean"
	diff = []string{"github.com/rogpeppe/go-internal/diff"} // a diff of lines, which the tests use too
	test = []string{"github.com/google/go-cmp/", "github.com/rogpeppe/go-internal/", "pgregory.net/rapid"}
)

// architecture is the table of ARCHITECTURE.md: which folders each folder may import. A package below
// a folder counts as that folder.
var architecture = map[string]rule{
	"mqtt":   {},
	"folder": {},
	"spec": {[]string{"mqtt", "folder"}, slices.Concat(hcl, x, near, []string{
		"github.com/bmatcuk/doublestar/",         // fileset's patterns, as in Terraform
		"github.com/hashicorp/go-version",        // required_version, as in Terraform
		"github.com/santhosh-tekuri/jsonschema/", // schema
	})},
	"state": {[]string{"mqtt", "folder", "spec"}, slices.Concat(aws, []string{ // state/remote: S3, and the settings of backend blocks
		"github.com/gofrs/flock", // the kernel's lock, on every system
	})},
	"embedded": {[]string{"mqtt", "folder"}, slices.Concat(x, []string{
		"go.etcd.io/bbolt", // the store's file
	})},
	"broker": {[]string{"mqtt", "folder", "spec", "embedded"}, slices.Concat(aws, x, []string{
		"github.com/coder/websocket", // MQTT over ws and wss
	})},
	"plan": {[]string{"mqtt", "spec", "state"}, hcl},
	"observe": {[]string{"mqtt", "spec", "state", "broker", "plan"}, []string{
		"golang.org/x/sync/errgroup", // brokers are read side by side
	}},
	"apply": {[]string{"mqtt", "plan", "state"}, nil},
	"render": {[]string{"mqtt", "plan", "apply", "state"}, slices.Concat(hcl, diff, []string{
		"github.com/mitchellh/go-wordwrap", // Terraform's breaking of lines
	})},
	"cli":   {[]string{"mqtt", "folder", "spec", "state", "embedded", "plan", "observe", "apply", "render"}, slices.Concat(hcl, x, near, diff)},
	"bench": {},
	"":      {[]string{"cli"}, nil},
}

// helpers are packages that tests share.
var helpers = []string{
	module + "/broker/brokertest", module + "/spec/spectest", module + "/state/statetest", module + "/cli/crashtest",
}

// listed is a package in the output of "go list -json".
type listed struct {
	ImportPath string
	Imports    []string
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range list(t) {
		from := folder(p.ImportPath)
		may, known := architecture[from]
		if !known {
			t.Errorf("package %s is in no folder of the architecture", p.ImportPath)
			continue
		}
		if slices.Contains(helpers, p.ImportPath) {
			may.foreign = append(slices.Clone(may.foreign), test...)
		}
		for _, path := range p.Imports {
			if !may.allows(from, path) {
				t.Errorf("%s imports %s: %q may import %q and %q only", p.ImportPath, path, from, may.ours, may.foreign)
			}
		}
	}
}

// TestTableHasNoMore checks that each folder imports everything that its rule allows, so that a
// dependency that is gone also leaves the table.
func TestTableHasNoMore(t *testing.T) {
	imported := map[string][]string{} // by folder
	for _, p := range list(t) {
		imported[folder(p.ImportPath)] = append(imported[folder(p.ImportPath)], p.Imports...)
	}
	for from, may := range architecture {
		for _, beginning := range may.foreign {
			if !slices.ContainsFunc(imported[from], func(path string) bool { return strings.HasPrefix(path, beginning) }) {
				t.Errorf("%q may import %s and does not", from, beginning)
			}
		}
	}
}

func (r rule) allows(from, path string) bool {
	if path == module || strings.HasPrefix(path, module+"/") {
		to := folder(path)
		return to == from || slices.Contains(r.ours, to)
	}
	first, _, _ := strings.Cut(path, "/")
	standard := !strings.Contains(first, ".")
	return standard || slices.ContainsFunc(r.foreign, func(beginning string) bool { return strings.HasPrefix(path, beginning) })
}

// list returns the packages of the module.
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

// folder returns the top-level folder of a package of the module.
func folder(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, module), "/"), "/")
	return first
}
