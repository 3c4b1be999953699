package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const breaks = " \t\n\"'><=;|&(:" // bash's own word breaks

// TestComplete calls __complete as the scripts do.
func TestComplete(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.retain.hcl"), []byte(rooms+"module \"hall\" {\n  source   = \"./hall\"\n  for_each = toset([\"x\"])\n}\noutput \"topics\" {\n  value = 1\n}\nmessage \"it's\" {\n  topic   = \"a\\nb\"\n  payload = \"x\"\n}\nmessage \"fleet\" {\n  count   = 500\n  topic   = \"fleet/${count.index}/config\"\n  payload = \"x\"\n}\n"))
	if err := os.Mkdir(filepath.Join(dir, "hall"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "hall", "main.retain.hcl"), []byte("message \"light\" {\n  topic   = \"hall/light\"\n  payload = \"x\"\n}\n"))
	if err := os.MkdirAll(filepath.Join(dir, ".retainctl", "backup", "s.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, ".retainctl", "backup", "s.json", "0001.backup"), nil)
	bash := func(line string) []string { return []string{"bash", breaks, line} }
	for _, c := range []struct {
		name string
		args []string
		want string // lines that must be printed in this order, among others; "" if nothing may be printed
	}{
		{"commands say what they do", []string{"zsh", "val"}, "-validate\tcheck the configuration"},
		{"a group is one word", []string{"zsh", "st"}, "-state\tcommands for the state"},
		{"hidden commands stay hidden", []string{"zsh", "__"}, ""},
		{"flags only after a dash", []string{"zsh", "version", ""}, ""},
		{"flags with a value go on", []string{"zsh", "plan", "-ou"}, "+-out=\tsave the plan\n:open"},
		{"two dashes are one", []string{"zsh", "plan", "--verb"}, "--verbose"},
		{"no flags after two dashes alone", []string{"zsh", "fmt", "--", "-c"}, ":files"},
		{"a value in a word by itself", []string{"zsh", "show", "-format", "h"}, "-html"},
		{"a switch has two values", []string{"zsh", "plan", "-refresh="}, "--refresh=true\n--refresh=false"},
		{"a switch that may have a value", []string{"fish", "plan", "-overwrite-unmanaged=module"}, "--overwrite-unmanaged=module.hall[\"x\"]"},
		{"shells", []string{"fish", "completion", ""}, "-bash\n-zsh\n-fish\n-powershell"},
		{"folders", []string{"fish", "-chdir=x"}, ":folders"},
		{"another folder", []string{"fish", "-chdir=" + dir, "plan", "-var", ""}, "+site=\n:open"},
		{"many are offered by level", []string{"fish", "state", "show", "message."}, "+message.fleet[\n+message.room["},
		{"and then whole", []string{"fish", "state", "show", "message.room["}, "-message.room[\"a1\"]\n-message.room[\"b 2\"]"},
		{"topics too", []string{"fish", "state", "show", "fl"}, "+fleet/\n:open"},
		{"outputs", []string{"fish", "output", "t"}, "-topics"},
		{"modules, if a whole one can be selected", []string{"fish", "plan", "-target=module"}, "--target=module.hall[\"x\"]\n--target=module.hall[\"x\"].message.light"},
		{"no modules, if one message is selected", []string{"fish", "state", "show", "module"}, "-module.hall[\"x\"].message.light"},
		{"no topic that cannot be typed", []string{"fish", "state", "show", "a"}, ""},
		{"powershell's empty word", []string{"powershell", "state", "+"}, "-list\tlist the recorded messages"},
		{"backups", []string{"fish", "restore", ""}, "-.retainctl/backup/s.json/0001.backup"},
		{"an unknown command", []string{"fish", "nonsense", ""}, ""},

		{"bash, quoted", bash("retainctl state show message.room[\\\"b"), `-message.room\[\"b\ 2\"\]`},
		{"bash, after =", bash("retainctl plan -target=message.room[\\\"b"), `-message.room\[\"b\ 2\"\]`},
		{"bash, after a colon", bash("retainctl state show room/a1/x:"), "-y"},
		{"bash, in quotes", bash("retainctl plan -target='message.room[\"b"), `-message.room["b 2"]`},
		{"bash, in double quotes", bash(`retainctl plan -target="message.room[`), `-message.room[\"b 2\"]`},
		{"bash, an assignment before it", bash("A='b c' retainctl completion f"), "-fish"},
		{"bash, only the name", bash("retainctl"), ""},
		{"bash, nothing", bash(""), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, code := retainctl(dir, append([]string{"__complete"}, c.args...)...)
			if code != 0 || c.want == "" && out != "" {
				t.Errorf("exit %d:\n%s", code, out)
			}
			for line := range strings.SplitSeq(c.want, "\n") {
				_, after, found := strings.Cut("\n"+out, "\n"+line)
				if !found {
					t.Fatalf("no line %q in\n%s", line, out)
				}
				out = after
			}
		})
	}
}

// TestCompleteWithoutConfiguration checks that completion works without errors while the configuration
// is not valid.
func TestCompleteWithoutConfiguration(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "main.retain.hcl")
	write(t, path, []byte(hello))
	if out, code := retainctl(dir, "apply", "-auto-approve"); code != 0 {
		t.Fatal(out)
	}
	write(t, path, []byte("message {"))
	if out, code := retainctl(dir, "__complete", "fish", "state", "show", "h"); code != 0 || out != "-hello\n" {
		t.Errorf("exit %d: %q", code, out)
	}
}
