package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/plan"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with testdata/NAME, or with -update writes it there.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (go test -update writes it):\n%s", path, diff)
	}
}

// shown returns a plan in a format.
func shown(t *testing.T, f Format, p *plan.Plan, o PlanOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := Plan(&b, f, p, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPlanGolden(t *testing.T) {
	for name, o := range map[string]struct {
		Format
		PlanOptions
	}{
		"plan.txt":         {Text, PlanOptions{SavedTo: "plan.bin"}},
		"plan.color.txt":   {Text, PlanOptions{Style: Style{Color: true}, Unsaved: true}},
		"plan.verbose.txt": {Text, PlanOptions{Verbose: true, CompactWarnings: true}},
		"plan.json":        {JSON, PlanOptions{Version: "0.1.0"}},
		"plan.md":          {Markdown, PlanOptions{Title: "Fleet"}},
		"plan.html":        {HTML, PlanOptions{}},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, []byte(shown(t, o.Format, everything(), o.PlanOptions)))
		})
	}
}
