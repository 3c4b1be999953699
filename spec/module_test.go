package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/spectest"
)

// FuzzModules loads arbitrary bytes as a root module and a module that it may call. It checks the
// same as FuzzLoad, across files.
func FuzzModules(f *testing.F) {
	archives, _ := filepath.Glob("testdata/load/*module*.txtar")
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		root := archive.Files[0].Data
		for _, file := range archive.Files[1:] {
			if folder, ok := strings.CutSuffix(file.Name, "/main.retain.hcl"); ok {
				f.Add([]byte(strings.ReplaceAll(string(root), "./"+folder, "./m")), file.Data)
			}
		}
	}
	f.Add([]byte("module \"m\" {\n  source = \"./m\"\n  a = module.m.b\n}\n"), []byte("variable \"a\" {}\noutput \"b\" {\n  value = var.a\n}\nmodule \"n\" {\n  source = \"../m\"\n}\n"))
	f.Fuzz(func(t *testing.T, root, child []byte) {
		if endless.Match(root) || endless.Match(child) {
			return
		}
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "m"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, src := range map[string][]byte{"main.retain.hcl": root, "m/main.retain.hcl": child} {
			if err := os.WriteFile(filepath.Join(dir, name), src, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		config, files, diags := Load(dir, fuzzed())
		if (config == nil) != diags.HasErrors() {
			t.Errorf("config %v, diagnostics %v", config, diags)
		}
		for _, d := range diags {
			checkPlace(t, d, files)
		}
	})
}

// problems loads the current folder and returns the summaries of the diagnostics.
func problems(t *testing.T) string {
	t.Helper()
	var all []string
	var diags hcl.Diagnostics
	spectest.WithinCPU(t, 20*time.Second, "loading", func() { _, _, diags = Load(".", Inputs{EvalBrokers: true}) })
	for _, d := range diags {
		all = append(all, d.Summary)
	}
	return strings.Join(all, "; ")
}

// chainOfModules returns a configuration with modules that each use an output of the next one.
func chainOfModules(length int) string {
	var root strings.Builder
	for i := range length {
		fmt.Fprintf(&root, "module \"m%d\" {\n  source = \"./m\"\n  in = module.m%d.out\n}\n", i, i+1)
	}
	fmt.Fprintf(&root, "module \"m%d\" {\n  source = \"./m\"\n  in = 1\n}\n", length)
	return root.String()
}

// TestModulesAreBounded checks that endless and very large trees of modules are refused quickly.
func TestModulesAreBounded(t *testing.T) {
	t.Run("links to their own folder", func(t *testing.T) {
		t.Chdir(t.TempDir())
		write(t, "main.retain.hcl", "module \"a\" {\n  source = \"./m\"\n}\n")
		write(t, "m/main.retain.hcl", "module \"x\" {\n  source = \"./x\"\n}\nmodule \"y\" {\n  source = \"./y\"\n}\n")
		for _, link := range []string{"m/x", "m/y"} {
			if err := os.Symlink(".", link); err != nil {
				t.Skip(err)
			}
		}
		// The second error is that of a system with a lower limit of links in a path.
		if got := problems(t); !strings.Contains(got, "Modules nested too deeply") && !strings.Contains(got, "Module not readable") {
			t.Errorf("%.200s", got)
		}
	})
	t.Run("more folders than any configuration has", func(t *testing.T) {
		t.Chdir(t.TempDir())
		var root strings.Builder
		for i := range declare.MaxFolders + 3 {
			fmt.Fprintf(&root, "module \"m%[1]d\" {\n  source = \"./m%[1]d\"\n}\n", i)
			write(t, fmt.Sprintf("m%d/main.retain.hcl", i), "locals {}\n")
		}
		write(t, "main.retain.hcl", root.String())
		if got := problems(t); got != "Too many modules" {
			t.Errorf("%.200s", got)
		}
	})
	t.Run("a chain of folders that each call the next twice", func(t *testing.T) {
		t.Chdir(t.TempDir())
		for i := range 25 {
			name := fmt.Sprintf("m%d/main.retain.hcl", i)
			if i == 0 {
				name = "main.retain.hcl"
			}
			write(t, name, fmt.Sprintf("module \"a\" {\n  source = \"%[1]s/m%[2]d\"\n}\nmodule \"b\" {\n  source = \"%[1]s/m%[2]d\"\n}\n", map[bool]string{true: ".", false: ".."}[i == 0], i+1))
		}
		write(t, "m25/main.retain.hcl", "locals {}\n")
		if got := problems(t); !strings.Contains(got, "Too many module instances") {
			t.Errorf("%.200s", got)
		}
	})
	t.Run("counts that multiply", func(t *testing.T) {
		t.Chdir(t.TempDir())
		write(t, "main.retain.hcl", "module \"a\" {\n  source = \"./a\"\n  count  = 2000\n}\n")
		write(t, "a/main.retain.hcl", "module \"b\" {\n  source = \"../b\"\n  count  = 2000\n}\n")
		write(t, "b/main.retain.hcl", "message \"m\" {\n  payload = \"x\"\n}\n")
		if got := problems(t); !strings.Contains(got, "Too many module instances") {
			t.Errorf("%.200s", got)
		}
	})
	for length, want := range map[int]string{400: "", 3000: "References nested too deeply"} {
		t.Run(fmt.Sprintf("a chain of values through %d modules", length), func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "main.retain.hcl", chainOfModules(length))
			write(t, "m/main.retain.hcl", "variable \"in\" {}\noutput \"out\" {\n  value = var.in\n}\n")
			if got := problems(t); !strings.HasPrefix(got, want) || want == "" && got != "" {
				t.Errorf("%.200s", got)
			}
		})
	}
}

// TestOneMistakeOfManyModules checks that a mistake in 1,000 instances of a module is one diagnostic,
// and that it does not make loading much slower.
func TestOneMistakeOfManyModules(t *testing.T) {
	t.Chdir(t.TempDir())
	modular(t, 1000, 10)
	write(t, "modules/site/wrong.retain.hcl", `
locals {
  wrong = var.sit
  text  = tonumber(var.site)
}
message "wrong" {
  for_each = var.devices
  topic    = "+"
  payload  = each.value.setpoint
}
message "refers" {
  payload = message.wrong["x"].topc
}
`)
	const want = "Undeclared variable; Invalid function argument; Payload is not a string; Unknown attribute"
	if got := problems(t); got != want {
		t.Errorf("got  %.300s\nwant %s", got, want)
	}
}
