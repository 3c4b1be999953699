package main

import (
	"slices"
	"strings"
	"testing"
)

// layers are the packages that make up spec, the lowest first, each with those below
// that it may import.
var layers = map[string][]string{
	"spec/addrs":     nil,
	"spec/sensitive": nil,
	"spec/language":  nil,
	"spec/diag":      {"spec/addrs", "spec/sensitive"},
	"spec/bounds":    {"spec/diag"},
	"spec/functions": {"spec/bounds", "spec/diag", "spec/sensitive"},
	"spec/declare":   {"spec/addrs", "spec/bounds", "spec/diag", "spec/functions", "spec/language", "spec/sensitive"},
	"spec":           {"spec/addrs", "spec/bounds", "spec/declare", "spec/diag", "spec/functions", "spec/language", "spec/sensitive"},
	"spec/generate":  {"spec", "spec/addrs"},
}

// TestSpecHasLayers holds the packages of spec to that.
func TestSpecHasLayers(t *testing.T) {
	for _, p := range list(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		if folder(p.ImportPath) != "spec" || slices.Contains(helpers, p.ImportPath) {
			continue
		}
		may, known := layers[from]
		if !known {
			t.Errorf("%s is in no layer of spec", from)
		}
		for _, path := range p.Imports {
			to := strings.TrimPrefix(path, module+"/")
			if folder(path) == "spec" && strings.HasPrefix(path, module) && !slices.Contains(may, to) {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
}
