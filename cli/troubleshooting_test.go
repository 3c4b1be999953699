package cli_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/cli"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// trouble is a failure that the page shows: a preparation, and the command that fails.
type trouble struct {
	prepare func(*troubled)
	command string
}

// troubles holds the failures whose output docs/troubleshooting.md shows, by the names on the page.
var troubles = map[string]trouble{
	"unreachable": {func(d *troubled) { d.config(`broker "mqtt" "lab" { url = "mqtt://127.0.0.1:1" }`) }, "plan"},
	"password":    {func(d *troubled) { d.config(d.served("right", "wrong")) }, "plan"},
	"denied":      {func(d *troubled) { d.config(d.served("", "")) }, "apply -auto-approve"},
	"unmanaged":   {func(d *troubled) { d.live("site/a", "by hand"); d.config("") }, "apply -auto-approve"},
	"conflict":    {func(d *troubled) { d.config(""); d.run("plan -out=reviewed.plan"); d.live("site/a", "by hand") }, "apply reviewed.plan"},
	"stale":       {func(d *troubled) { d.config(""); d.run("plan -out=reviewed.plan"); d.run("apply -auto-approve") }, "apply reviewed.plan"},
	"expect":      {func(d *troubled) { d.config("") }, "apply -expect=0123456789abcdef0123456789abcdef"},
	"secret": {func(d *troubled) {
		d.secret("one")
		d.run("apply -auto-approve")
		d.secret("two")
		d.run("plan -out=reviewed.plan")
		d.secret("three")
	}, "apply reviewed.plan"},
	"nobody":      {func(d *troubled) { d.config("") }, "apply"},
	"max_deletes": {func(d *troubled) { d.many(12); d.run("apply -auto-approve"); d.many(4) }, "apply -auto-approve"},
	"empty":       {func(d *troubled) { d.config(""); d.run("apply -auto-approve"); d.write("main.retain.hcl", embedded) }, "apply -auto-approve"},
	"prevent_destroy": {func(d *troubled) {
		d.config("", "kept")
		d.run("apply -auto-approve")
		d.write("main.retain.hcl", embedded+"message \"b\" {\n  topic = \"site/b\"\n  payload = \"2\"\n}\n")
	}, "apply -auto-approve"},
	"broker_changed": {func(d *troubled) {
		d.config("")
		d.run("apply -auto-approve")
		d.write("main.retain.hcl", strings.Replace(d.read("main.retain.hcl"), "lab.db", "other.db", 1))
	}, "plan"},
	"no_block": {func(d *troubled) {
		d.config("")
		d.run("apply -auto-approve")
		d.write("main.retain.hcl", strings.ReplaceAll(d.read("main.retain.hcl"), "\"embedded\" \"lab\" { path = \"lab.db\" }", "\"embedded\" \"new\" { path = \"new.db\" }"))
	}, "plan"},
	"pending": {func(d *troubled) { d.config(""); d.run("apply -auto-approve"); d.pending() }, "plan -refresh=false"},
	"locked":  {func(d *troubled) { d.config(""); d.lock() }, "apply -auto-approve"},
	"state_damaged": {func(d *troubled) {
		d.config("")
		d.run("apply -auto-approve")
		d.write("retain.state.json", strings.Replace(d.read("retain.state.json"), "\"qos\":1", "\"qos\":0", 1))
	}, "plan"},
	"state_cut": {func(d *troubled) {
		d.config("")
		d.run("apply -auto-approve")
		s := d.read("retain.state.json")
		d.write("retain.state.json", s[:len(s)-len("{\"end\":true}\n")])
	}, "plan"},
	"state_merge": {func(d *troubled) {
		d.config("")
		d.run("apply -auto-approve")
		d.write("retain.state.json", "<<<<<<< ours\n"+d.read("retain.state.json"))
	}, "plan"},
	"state_newer": {func(d *troubled) { d.config(""); d.write("retain.state.json", "{\"format_version\":2}\n") }, "plan"},
	"plan_damaged": {func(d *troubled) {
		d.config("")
		d.run("plan -out=reviewed.plan")
		d.write("reviewed.plan", d.read("reviewed.plan")+"x")
	}, "apply reviewed.plan"},
	"store_damaged": {func(d *troubled) {
		d.config("")
		d.run("apply -auto-approve")
		s := d.read("lab.db")
		d.write("lab.db", s[:len(s)/2])
	}, "plan"},
	"store_in_use": {func(d *troubled) { d.config(""); d.open() }, "apply -auto-approve"},
}

const embedded = "broker \"embedded\" \"lab\" { path = \"lab.db\" }\n"

// troubled is a folder in which something goes wrong.
type troubled struct {
	t       *testing.T
	dir     string
	environ []string
}

func (d *troubled) path(name string) string { return filepath.Join(d.dir, name) }

func (d *troubled) write(name, text string) {
	d.t.Helper()
	write(d.t, d.path(name), []byte(text))
}

func (d *troubled) read(name string) string {
	d.t.Helper()
	data, err := os.ReadFile(d.path(name))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(data)
}

// config writes two messages on a broker.
func (d *troubled) config(broker string, extra ...string) {
	kept := ""
	if len(extra) == 1 {
		kept = "  lifecycle {\n    prevent_destroy = true\n  }\n"
	}
	if broker == "" {
		broker = embedded
	}
	d.write("main.retain.hcl", broker+"\nmessage \"a\" {\n  topic   = \"site/a\"\n  payload = \"1\"\n"+kept+"}\nmessage \"b\" {\n  topic   = \"site/b\"\n  payload = \"2\"\n}\n")
}

func (d *troubled) many(n int) {
	d.write("main.retain.hcl", fmt.Sprintf("%smessage \"m\" {\n  count   = %d\n  topic   = \"site/${count.index}\"\n  payload = \"x\"\n}\n", embedded, n))
}

func (d *troubled) secret(value string) {
	d.write("main.retain.hcl", embedded+"variable \"psk\" {\n  sensitive = true\n}\nmessage \"a\" {\n  topic   = \"site/a\"\n  payload = jsonencode({ psk = var.psk })\n}\n")
	d.environ = []string{"RETAINCTL_VAR_psk=" + value}
}

// served starts a broker that denies site/b and, unless password is "", asks for it. It returns the
// broker block, with the password given.
func (d *troubled) served(password, given string) string {
	d.t.Helper()
	mqtt := d.serve(password)
	block := fmt.Sprintf("broker \"mqtt\" \"lab\" {\n  url  = \"mqtt://%s\"\n  kind = \"mosquitto\"\n", mqtt)
	if password != "" {
		block += "  username = \"fleet\"\n  password = \"" + given + "\"\n"
	}
	return block + "}\n"
}

func (d *troubled) serve(password string) (address string) {
	o := server.Options{Deny: []string{"site/b"}}
	if password != "" {
		o.Username, o.Password = "fleet", password
	}
	address, _, _ = serve(d.t, o)
	return address
}

func (d *troubled) open() *store.Store {
	d.t.Helper()
	s, err := store.Open(d.path("lab.db"), store.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { s.Close() })
	return s
}

// live puts a message on the embedded broker as somebody else would.
func (d *troubled) live(topic, payload string) {
	d.t.Helper()
	s := d.open()
	if err := s.Put([]mqtt.Message{{Topic: topic, Payload: []byte(payload), QoS: 1}}); err != nil {
		d.t.Fatal(err)
	}
	s.Close()
}

// pending leaves the state as a killed apply leaves it.
func (d *troubled) pending() {
	d.t.Helper()
	s, err := state.Decode([]byte(d.read("retain.state.json")))
	if err != nil {
		d.t.Fatal(err)
	}
	for key, r := range s.Records {
		s.Pending[key] = state.Pending{After: &r, Before: r.Digest}
	}
	data, err := state.Encode(s)
	if err != nil {
		d.t.Fatal(err)
	}
	d.write("retain.state.json", string(data))
}

// lock takes the state's lock until the test ends.
func (d *troubled) lock() {
	d.t.Helper()
	info := state.LockInfo{ID: "7f4c0d1e", Operation: "apply", Who: "ci@runner-3", Path: "retain.state.json", Created: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)}
	_, unlock, err := state.NewLocal(d.path("retain.state.json")).Lock(d.t.Context(), info)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { unlock(d.t.Context()) })
}

// run returns the errors that a command line prints. Those of a plan are on stdout.
func (d *troubled) run(command string) string {
	d.t.Helper()
	var stdout, stderr bytes.Buffer
	cli.Run(strings.Fields(command), cli.Env{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Dir: d.dir, Width: 100_000,
		Environ: d.environ, Signals: make(chan os.Signal), Exit: func(int) {},
	})
	if _, errors, found := strings.Cut(stdout.String(), "\nError: "); found && stderr.Len() == 0 {
		errors, _, _ = strings.Cut(errors, "\n\nNo changes")
		errors, _, _ = strings.Cut(errors, "\n\nPlan: ")
		return "Error: " + errors
	}
	return stderr.String()
}

// neutral replaces what differs from run to run in an output.
func (d *troubled) neutral(text string) string {
	for _, r := range []struct{ pattern, with string }{
		{regexp.QuoteMeta(d.dir), "/srv/fleet"}, {`127\.0\.0\.1:\d+`, "127.0.0.1:1883"},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, "2026-11-27T09:00:00Z"}, {`\b[0-9a-f]{8}-[0-9a-f-]{27}\b`, "7f4c0d1e-6f5b-4a53-9b1a-0d6b3a2f9c11"},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.with)
	}
	digests := map[string]string{} // each digest gets its own replacement
	text = regexp.MustCompile(`\b[0-9a-f]{32}\b`).ReplaceAllStringFunc(text, func(digest string) string {
		if digests[digest] == "" {
			digests[digest] = strings.Repeat(string(rune('1'+len(digests))), 4) + "41402abc4b2a76b9719d911017c5"
		}
		return digests[digest]
	})
	var lines []string
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		lines = append(lines, fold(strings.TrimRight(line, " "), 96)...)
	}
	return strings.Join(lines, "\n") + "\n"
}

// fold breaks a line at a width, as on the page.
func fold(line string, width int) (lines []string) {
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	for len(line) > width {
		at := strings.LastIndexByte(line[:width+1], ' ')
		if at <= len(indent) {
			break
		}
		lines, line = append(lines, line[:at]), indent+line[at+1:]
	}
	return append(lines, line)
}

// TestTroubleshootingPage compares the errors in docs/troubleshooting.md with those that the program
// prints. UPDATE_DOCS=1 writes them into the page, which marks each place with a comment,
// "<!-- printed: NAME -->".
func TestTroubleshootingPage(t *testing.T) {
	const path = "../docs/troubleshooting.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	place := regexp.MustCompile("(?s)<!-- printed: ([a-z_]+) -->\n```text\n(.*?)```")
	updated := place.ReplaceAllFunc(page, func(found []byte) []byte {
		m := place.FindSubmatch(found)
		name, was := string(m[1]), string(m[2])
		shown[name] = true
		trouble, known := troubles[name]
		if !known {
			t.Errorf("the page shows %q, which no test leads to", name)
			return found
		}
		d := &troubled{t: t, dir: t.TempDir()}
		trouble.prepare(d)
		printed := d.neutral(d.run(trouble.command))
		if printed != was && os.Getenv("UPDATE_DOCS") == "" {
			t.Errorf("%s: the page says\n%s\nand %q prints\n%s\nUPDATE_DOCS=1 go test ./cli -run TestTroubleshootingPage updates the page", name, was, trouble.command, printed)
		}
		return fmt.Appendf(nil, "<!-- printed: %s -->\n```text\n%s```", name, printed)
	})
	for name := range troubles {
		if !shown[name] {
			t.Errorf("the page does not show %q", name)
		}
	}
	if os.Getenv("UPDATE_DOCS") != "" {
		write(t, path, updated)
	}
	everyFailureIsThere(t, string(page))
}

// everyFailureIsThere checks that the page has the summary of every error in the sources of the commands,
// and of every refusal of a plan. Questions ("Which broker?") need no explanation.
func everyFailureIsThere(t *testing.T, page string) {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range append(sources, "../render/notice.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:failure\((?:fmt\.Sprintf\()?|return notice\{"", |Count\(n, "[a-z]+"\) \+ )"([^"?]+?)(?: %q[^"]*)?",`).FindAllSubmatch(source, -1) {
			if found++; !strings.Contains(page, strings.TrimSpace(string(m[1]))) {
				t.Errorf("the page does not mention %q (%s)", m[1], name)
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d summaries were found in the sources", found)
	}
}

// listen listens on a free loopback port until the test ends.
func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}
