package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// fenced returns the contents of a page's fenced blocks of one language.
func fenced(t *testing.T, page, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	inside, wanted := false, false
	for line := range strings.Lines(string(text)) {
		opening, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !inside:
			inside, wanted = true, strings.TrimSpace(opening) == language
			if wanted {
				blocks = append(blocks, "")
			}
		case fence:
			inside = false
		case inside && wanted:
			blocks[len(blocks)-1] += line
		}
	}
	return blocks
}

// TestMain lets the test binary act as the program, so that no test has to link one.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"retainctl": main})
}

func program(t *testing.T) string {
	t.Helper()
	bin, err := exec.LookPath("retainctl")
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

func run(t *testing.T, bin string, args ...string) string {
	t.Helper()
	cmd := exec.Command(bin, args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", bin, args, err, out, errs.String())
	}
	return string(out)
}

// TestReadmePlan compares the plan in the README with the one that the quickstart prints after an apply
// and an edited setpoint.
func TestReadmePlan(t *testing.T) {
	bin, dir := program(t), t.TempDir()
	source, err := os.ReadFile("examples/quickstart/main.retain.hcl")
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(string(source))
	run(t, bin, "-chdir="+dir, "apply", "-auto-approve")
	write(strings.Replace(string(source), "setpoint = 20", "setpoint = 21", 1))
	got := run(t, bin, "-chdir="+dir, "apply", "-auto-approve")
	token := regexp.MustCompile(`Token: [0-9a-f]+`) // names the folder's embedded broker
	want := token.ReplaceAllString(fenced(t, "README.md", "")[0], "Token: x")
	if got = token.ReplaceAllString(got, "Token: x"); !strings.HasPrefix(got, want) {
		t.Errorf("the README shows\n%s\nit prints\n%s", want, got)
	}
}

// TestReadmeCommands checks that the README shows the two commands, and that they work: the quickstart
// is valid, and .ci/run runs the tests.
func TestReadmeCommands(t *testing.T) {
	commands := strings.Join(fenced(t, "README.md", "sh"), "")
	for _, want := range []string{"go run . -chdir=examples/quickstart apply\n", "make test\n"} {
		if !strings.Contains(commands, want) {
			t.Errorf("the README does not say %q", want)
		}
	}
	quickstart := run(t, "go", "run", ".", "-chdir=examples/quickstart", "validate")
	if !strings.Contains(quickstart, "Success!") {
		t.Errorf("the quickstart is not valid: %s", quickstart)
	}
	ci, err := os.ReadFile(".ci/run")
	if err != nil || !strings.Contains(string(ci), "exec make test\n") {
		t.Errorf(".ci/run does not call make test: %v", err)
	}
}

// remoteBackend matches a backend that a plan would connect to.
var remoteBackend = regexp.MustCompile(`backend "(s3|http)"`)

// plans validates, formats and plans a configuration, together with the files that the pages refer to,
// and returns the plan, or "" if that would connect to a remote backend. It connects to no broker. A
// line "# modules/room/main.retain.hcl" begins a further file.
func plans(t *testing.T, bin, config string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"devices.csv": "id,setpoint\na,20\n"}
	name, beginning := "main.retain.hcl", regexp.MustCompile(`^# (\S+\.retain\.hcl)\n$`)
	for line := range strings.Lines(config) {
		if match := beginning.FindStringSubmatch(line); match != nil {
			name, line = match[1], ""
		}
		files[name] += line
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.TrimRight(text, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if files["main.retain.hcl"] == "" { // the configuration is in a folder below
		dir = filepath.Join(dir, filepath.Dir(name))
	}
	run(t, bin, "-chdir="+dir, "validate")
	run(t, bin, "-chdir="+dir, "fmt", "-check", "-recursive")
	if remoteBackend.MatchString(config) {
		return ""
	}
	return run(t, bin, "-chdir="+dir, "plan", "-refresh=false")
}

// TestDocumentedConfigurations validates and plans every HCL block of the README and the other pages.
// Each block is a whole configuration.
func TestDocumentedConfigurations(t *testing.T) {
	t.Setenv("RETAINCTL_VAR_password", "x")
	bin, blocks := program(t), 0
	for _, page := range pages(t) {
		for _, block := range fenced(t, page, "hcl") {
			blocks++
			plans(t, bin, block)
		}
	}
	if blocks < 18 {
		t.Fatalf("only %d blocks found", blocks)
	}
}

// pages returns the names of the README and the other documents.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("docs/*.md")
	if err != nil || len(found) < 5 {
		t.Fatalf("%d pages, %v", len(found), err)
	}
	return append(found, "README.md", "ARCHITECTURE.md", "CHANGELOG.md")
}

// headings returns the anchors of a page, as GitHub makes them.
func headings(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, match := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		kept := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(match[1]), "")
		all = append(all, strings.ReplaceAll(kept, " ", "-"))
	}
	return all
}

// TestReadmeLinksToEveryPage checks that every document can be found from the README.
func TestReadmeLinksToEveryPage(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages(t) {
		if page != "README.md" && !strings.Contains(string(text), "]("+page+")") {
			t.Errorf("the README does not link to %s", page)
		}
	}
}

// TestLinks checks the target of every relative link of the pages.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	found := 0
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			found++
			target := filepath.Join(filepath.Dir(page), match[1])
			if match[1] == "" {
				target = page
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", page, match[1])
			} else if match[2] != "" && !slices.Contains(headings(t, target), match[2]) {
				t.Errorf("%s links to %s#%s, which is not a heading of it", page, match[1], match[2])
			}
		}
	}
	if found < 10 {
		t.Fatalf("only %d links found", found)
	}
}

// TestExamplesAreFormatted checks the examples with "retainctl fmt".
func TestExamplesAreFormatted(t *testing.T) {
	if out := run(t, program(t), "fmt", "-check", "-recursive", "examples"); out != "" {
		t.Errorf("not in the usual style: %s", out)
	}
}

var (
	goFile   = regexp.MustCompile("`([a-z0-9_/]+\\.go)`")
	goTest   = regexp.MustCompile(`\b((?:Test|Fuzz)[A-Z][A-Za-z]+)\b`)
	exported = regexp.MustCompile("`([a-z]+)\\.([A-Z][A-Za-z]+)`")
)

// TestInsidePages checks that the files, tests and identifiers that the pages for contributors name
// exist.
func TestInsidePages(t *testing.T) {
	files, text := sources(t)
	for _, page := range []string{"CONTRIBUTING.md", "ARCHITECTURE.md", "docs/glossary.md"} {
		prose, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range goFile.FindAllStringSubmatch(string(prose), -1) {
			named := func(path string) bool { return path == found[1] || strings.HasSuffix(path, "/"+found[1]) }
			if !slices.ContainsFunc(files, named) {
				t.Errorf("%s names %s, which does not exist", page, found[1])
			}
		}
		for _, found := range goTest.FindAllStringSubmatch(string(prose), -1) {
			if !strings.Contains(text, "func "+found[1]) {
				t.Errorf("%s names the test %s, which does not exist", page, found[1])
			}
		}
		for _, found := range exported.FindAllStringSubmatch(string(prose), -1) {
			if !regexp.MustCompile(`(?m)\b` + found[2] + `\b`).MatchString(text) {
				t.Errorf("%s names %s.%s, which does not exist", page, found[1], found[2])
			}
		}
	}
}

// sources returns the paths of the Go files of the repository, and what they say.
func sources(t *testing.T) (files []string, text string) {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(".", func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		files = append(files, filepath.ToSlash(path))
		all.Write(source)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, all.String()
}
