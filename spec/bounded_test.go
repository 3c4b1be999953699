package spec

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/spec/bounds"
)

// TestConfigurationsAreBounded checks that the memory of an evaluation is bounded, for example with
// nested for expressions.
func TestConfigurationsAreBounded(t *testing.T) {
	for name, text := range map[string]string{
		"nested for":       `[for i in range(100000) : [for j in range(100000) : j]]`,
		"conditions":       `[for i in range(100000) : i if length([for j in range(100000) : j if false]) > 0]`,
		"keys":             `{ for i in range(100000) : "${i}" => [for j in range(100000) : j]... }`,
		"ranges":           `[for i in range(1000) : range(100000)]`,
		"templates":        `[for i in range(10000) : "${local.long}${local.long}"]`,
		"strings":          `[for i in range(10000) : format("%100000d", i)]`,
		"tuples":           `[for i in range(100000) : [` + strings.Repeat("[1,1,1,1,1,1,1,1,1,1],", 200) + `]]`,
		"objects":          `[for i in range(100000) : { a = { b = { c = [` + strings.Repeat("1,", 200) + `] } } }]`,
		"splat":            `[for i in range(100000) : range(100000)[*]]`,
		"a string of them": `"%{ for i in range(100000) }%{ for j in range(100000) }x%{ endfor }%{ endfor }"`,
		"one template":     `"` + strings.Repeat("${local.long}", 10_000) + `"`,
		"written out":      `[` + strings.Repeat("range(100000),", 1000) + `]`,
		"in a template":    `templatefile("loop.tpl", {})`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{
				"main.retain.hcl": "locals {\n  long = join(\"\", [for i in range(10000) : \"0123456789\"])\n  v = " + text + "\n}\nmessage \"a\" {\n  payload = \"x${length(local.v)}\"\n}\n",
				"loop.tpl":        "%{ for i in range(100000) }%{ for j in range(100000) }${j}%{ endfor }%{ endfor }",
			} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			in := Inputs{budget: bounds.NewBudget(3 << 20)} // small: each configuration needs over twice as much
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, diags := Load(dir, in)
			runtime.ReadMemStats(&after)
			if !strings.Contains(diags.Error(), "of values") {
				t.Errorf("no error about the budget: %.300v", diags)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 200<<20 {
				t.Errorf("it took %d MiB", took>>20)
			}
		})
	}
}
