package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	nethtml "golang.org/x/net/html"

	"github.com/retainctl/retainctl/cli"
	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

// hostile holds texts that terminals, CI runners, Markdown renderers and browsers act on.
var hostile = []string{
	"\x1b[31;1m\x1b[2J\x1b[H", "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "\x1b]52;c;cm0gLXJmIC8K\x07", "\x1bP+q544e\x1b\\",
	"\u009b31m\u009d52;c;eA==\u009c\u0085", "gpj.\u202etxt.exe\u2066x\u2069", "a\u200bb\ufeff\u200d\U000e0041", "nul\x00bell\x07bs\b\b\b", "cr\rPlan: 0 to add, 0 to change, 0 to destroy.",
	"\nNo changes. Your infrastructure matches the configuration.\n", "```\n# heading\n~~~\n| a | b |\n<!-- c -->[x](javascript:alert(1))![i](http://evil.example/i.png)",
	"</pre></details><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\"><svg onload=\"document.title='ran'\">", "\n::add-mask::x\n::error::y\n::set-output name=a::b", "\n##vso[task.setvariable variable=a]b\n##[error]x\n##teamcity[x]",
	"section_start:1560896352:x\r\x1b[0K", "travis_fold:start:x\r\x1b[0K", strings.Repeat("long ", 2000), "www.evil.example @everyone #1",
}

// activeContent returns the first text in an output that a terminal or a CI runner would act on, or "".
func activeContent(s string) string {
	at := strings.IndexFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsGraphic(r) }) // the program itself separates columns by tabs
	switch {
	case !utf8.ValidString(s):
		return "invalid UTF-8"
	case at >= 0:
		return fmt.Sprintf("a raw control character: %q", strings.ToValidUTF8(s[max(0, at-40):min(len(s), at+40)], "?"))
	}
	return regexp.MustCompile(`(?m)^\s*::[a-z].*$|##[a-z]*\[.*$`).FindString(s)
}

// forged matches lines that review tools look for. A plan with changes must not have them.
var forged = regexp.MustCompile(`(?m)^Plan: 0 to add, 0 to change, 0 to destroy\.$|^No changes\..*$`)

// hostileFolder returns a folder with hostile texts wherever a configuration can have them: payloads,
// properties, topics, keys, labels, cells of a table, and names of files. live puts others on the broker.
func hostileFolder(t *testing.T) (dir string, live func()) {
	t.Helper()
	dir = t.TempDir()
	keys := map[string]any{}
	messages := map[string]any{}
	cells := "key,text\n"
	for i, text := range hostile {
		name := fmt.Sprintf("m%d", i)
		m := map[string]any{"topic": "hostile/" + name, "payload": literal(text), "user_properties": []any{map[string]any{"name": literal(short(text)), "value": literal(short(text))}}}
		if i%2 == 0 {
			doc, _ := json.Marshal(map[string]any{short(text): text, "list": []string{text}})
			m["payload"] = literal(string(doc))
			m["content_type"] = literal(short(text))
		}
		messages[name] = m
		if !strings.ContainsAny(text, "#+\x00") && len(text) < 200 { // these cannot be part of a topic
			keys[text] = i
		}
		cells += fmt.Sprintf("%d,\"%s\"\n", i, strings.ReplaceAll(text, `"`, `""`))
	}
	messages["keyed"] = map[string]any{"for_each": quoteKeys(keys), "topic": "hostile/keyed/${each.key}", "payload": "x"}
	messages["cells"] = map[string]any{"for_each": `${{ for r in csvdecode(file("cells.csv")) : r.key => r.text }}`, "topic": "hostile/cell/${each.key}", "payload": "${each.value}"}
	messages["a \u202e[31m\n::error::label"] = map[string]any{"topic": "hostile/label", "payload": "x"}
	configuration, err := json.Marshal(map[string]any{"broker": map[string]any{"embedded": map[string]any{"dev": map[string]any{"path": "dev.db"}}}, "message": messages})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "a\x1b[31m\u202e::error::<script>|`x`.retain.json"), configuration)
	write(t, filepath.Join(dir, "cells.csv"), []byte(cells))
	return dir, func() {
		s, err := store.Open(filepath.Join(dir, "dev.db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var batch []mqtt.Message
		for i, text := range hostile {
			batch = append(batch, mqtt.Message{
				Topic: fmt.Sprintf("hostile/m%d", i), Payload: []byte("live " + text + "\xff\xfe"), ContentType: short(text),
				ResponseTopic: "r/" + short(text), UserProperties: []mqtt.UserProperty{{Name: short(text), Value: short(text)}},
			})
		}
		if err := s.Put(batch); err != nil {
			t.Fatal(err)
		}
	}
}

// literal keeps a text from being read as a template.
func literal(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s)
}

// short returns a part of a text that is allowed in a property.
func short(s string) string { return strings.ReplaceAll(s[:min(len(s), 60)], "\x00", "") }

func quoteKeys(keys map[string]any) map[string]any {
	found := map[string]any{}
	for k, v := range keys {
		found[literal(k)] = v
	}
	return found
}

// TestHostileContentIsEscaped checks the output of every command that prints hostile texts.
func TestHostileContentIsEscaped(t *testing.T) {
	dir, live := hostileFolder(t)
	printed, changed := 0, true // changed says that the plans have changes
	run := func(want int, args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		code := cli.Run(args, cli.Env{
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Dir: dir, Width: 80,
			Environ: []string{"RETAINCTL_LOG=debug"}, Signals: make(chan os.Signal), Exit: func(int) {},
		})
		if want >= 0 && code != want {
			t.Errorf("%.99q: exit %d, want %d\n%.3000s", args, code, want, stderr.String())
		}
		for stream, out := range map[string]string{"stdout": stdout.String(), "stderr": stderr.String()} {
			if printed += len(out); activeContent(out) != "" {
				t.Errorf("%.99q prints to %s %q", args, stream, activeContent(out))
			}
			if changed && forged.MatchString(out) {
				t.Errorf("%.99q prints to %s %q", args, stream, forged.FindString(out))
			}
		}
		return stdout.String()
	}
	plans := func(flags ...string) {
		for _, form := range [][]string{{}, {"-verbose"}, {"-json"}, {"-format=json"}, {"-format=markdown"}, {"-format=html"}} {
			out := run(-1, append(append([]string{"plan"}, form...), flags...)...)
			if form != nil && slices.Contains(form, "-format=html") {
				onlyOurs(t, out)
			}
		}
	}
	plans("-out=hostile.plan")
	live()
	plans() // unmanaged messages
	run(1, "apply", "-auto-approve")
	plans("-overwrite-unmanaged")
	run(0, "apply", "-auto-approve", "-overwrite-unmanaged", "-json")
	live()
	plans() // drift
	for _, format := range render.Formats() {
		run(0, "show", "-format="+string(format))
		run(0, "show", "-format="+string(format), "hostile.plan")
	}
	for _, args := range [][]string{{"state", "list"}, {"state", "list", "-json"}, {"state", "pull"}, {"state", "show", "hostile/m0"}, {"state", "show", "-json", "hostile/m3"}} {
		run(0, args...)
	}
	for _, shell := range []string{"zsh", "fish", "powershell"} {
		for _, words := range [][]string{{"plan", "-target="}, {"state", "show", ""}, {"state", "rm", "hostile/"}, {"state", "rm", "message"}, {"show", ""}} {
			run(0, append([]string{"__complete", shell}, words...)...)
		}
	}
	run(0, "__complete", "bash", " \t\n\"'><=;|&(:", "retainctl state show hostile/")
	for _, args := range [][]string{{"state", "rm", "-dry-run", "hostile/#"}, {"state", "rm", "-dry-run", "-json", "hostile/keyed/#"}, {"state", "migrate", "-from=retain.state.json", "-backend-config=path=" + short(hostile[0]) + ".json"}, {"state", "push", "retain.state.json"}, {"fmt", "-check", "-list"}, {"validate", "-json"}} {
		run(-1, args...)
	}
	held, err := filepath.Glob(filepath.Join(dir, ".retainctl/backup/*/*"))
	if err != nil || len(held) == 0 {
		t.Fatalf("no backup: %v", err)
	}
	changed = false // what the backup holds is live
	for _, form := range [][]string{{}, {"-json"}, {"-format=json"}, {"-format=html"}, {"-format=markdown"}} {
		run(-1, append([]string{"restore", held[0]}, form...)...)
	}
	changed = true
	holdLock(t, dir, func() { run(1, "plan"); run(1, "plan", "-json"); run(1, "state", "rm", "hostile/m0") })

	// import writes what it reads as configuration, in which it must be text.
	emptied := t.TempDir()
	if err := os.Rename(filepath.Join(dir, "dev.db"), filepath.Join(emptied, "dev.db")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(emptied, "main.retain.hcl"), []byte("broker \"embedded\" \"dev\" {\n  path = \"dev.db\"\n}\n"))
	dir = emptied
	run(0, "import", "#")
	run(0, "import", "-exact", "#")
	run(0, "import", "-out=imported.retain.hcl", "#")
	plans()

	dir, changed = t.TempDir(), false // a small configuration, because each command reads it
	write(t, filepath.Join(dir, "main.retain.hcl"), []byte("message \"a\" {\n  payload = \"x\"\n}\n"))
	run(0, "apply", "-auto-approve")
	for i, text := range hostile {
		if i%3 > 0 {
			continue // a third of them is enough
		}
		for _, args := range [][]string{
			{"plan", "-target", text}, {"state", "show", text}, {"plan", "-var", text + "=" + text}, {"apply", text}, {text}, {"plan", "-" + text}, {"plan", text},
			{"state", "rm", "-broker", text}, {"state", "rebind", text, text}, {"plan", "-state=" + text}, {"restore", text}, {"plan", "-format=" + text}, {"apply", "-auto-approve", "-expect=" + text},
		} {
			run(-1, args...)
		}
	}
	t.Logf("%d KB of output", printed>>10)
}

// TestHostileContentInDiagnostics checks diagnostics, which quote the source.
func TestHostileContentInDiagnostics(t *testing.T) {
	for i, text := range hostile {
		if len(text) > 1000 {
			text = text[:1000]
		}
		dir := t.TempDir()
		name := fmt.Sprintf("x\x1b[2J\u202e%d.retain.hcl", i)
		text = strings.NewReplacer("\n", " ", "\x00", "", `\`, `/`, `"`, "'", "${", "$", "%{", "%").Replace(text)
		source := fmt.Sprintf("# %s\nlocals {\n  v = \"%s\"\n}\nmessage \"%s\" {\n  topic = local.v + \"%s\"\n  payload = upper(local.v, \"%s\") /* %s */\n  %s = 1\n}\n", text, text, text, text, text, strings.ReplaceAll(text, "*/", ""), text)
		write(t, filepath.Join(dir, name), []byte(source))
		for _, args := range [][]string{{"validate"}, {"validate", "-json"}, {"plan"}, {"plan", "-json"}, {"plan", "-compact-warnings"}, {"fmt", "-check", "-diff"}, {"fmt", "-check"}} {
			if out, _ := retainctl(dir, args...); activeContent(out) != "" && args[0] != "fmt" || strings.Contains(out, "\x1b") {
				t.Errorf("%q, %v prints %q", text, args, activeContent(out))
			}
		}
	}
}

// onlyOurs checks that a page has only the elements of the template, and no script.
func onlyOurs(t *testing.T, page string) {
	t.Helper()
	doc, err := nethtml.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	const known = " html head meta title style body h1 h2 p table tbody tr th td code pre span div details summary strong "
	for n := range doc.Descendants() {
		if n.Type == nethtml.CommentNode || n.Type == nethtml.ElementNode && !strings.Contains(known, " "+n.Data+" ") {
			t.Errorf("the page has <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if n.Type == nethtml.ElementNode && !slices.Contains([]string{"class", "lang", "charset", "name", "content", "open"}, a.Key) {
				t.Errorf("the page has <%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
}

// TestBrowserRunsNothingOfThePage checks that a browser runs no script of a plan's page. "make
// test-browser" installs a browser and names it. The elements of pages are checked in every run (onlyOurs).
func TestBrowserRunsNothingOfThePage(t *testing.T) {
	browser := os.Getenv("RETAINCTL_TEST_BROWSER")
	if browser == "" {
		t.Skip("RETAINCTL_TEST_BROWSER names no browser")
	}
	dir, live := hostileFolder(t)
	live()
	var stdout bytes.Buffer
	cli.Run([]string{"plan", "-format=html", "-overwrite-unmanaged"}, cli.Env{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: io.Discard, Dir: dir, Signals: make(chan os.Signal), Exit: func(int) {}})
	page := stdout.String()
	profile := t.TempDir()
	dump := func(name, text string) string {
		path := filepath.Join(dir, name)
		write(t, path, []byte(text))
		cmd := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+profile, "--virtual-time-budget=2000", "--dump-dom", "file://"+path)
		cmd.WaitDelay = time.Second
		var out bytes.Buffer
		cmd.Stdout = &out
		stop := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
		defer stop.Stop()
		if err := cmd.Run(); err != nil {
			t.Fatalf("the browser does not run here: %v", err)
		}
		return out.String()
	}
	if !strings.Contains(dump("probe.html", "<title>a</title>"+hostile[11]), "<title>ran</title>") {
		t.Fatal("the browser runs no scripts at all, so this would prove nothing")
	}
	shown := dump("page.html", page)
	if !strings.Contains(shown, "<title>Plan</title>") || strings.Contains(shown, "<script") {
		t.Errorf("the page became\n%.2000s", shown)
	}
	if keep := os.Getenv("KEEP_PAGE"); keep != "" {
		write(t, keep, []byte(page))
	}
}

// holdLock calls do while the state's lock is held by a run with hostile details.
func holdLock(t *testing.T, dir string, do func()) {
	t.Helper()
	text := strings.Join(hostile, " ")
	info := state.LockInfo{ID: text, Operation: text, Who: text, Path: text, Version: text, Created: time.Now()}
	_, unlock, err := state.NewLocal(filepath.Join(dir, "retain.state.json")).Lock(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	do()
	if err := unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
}
