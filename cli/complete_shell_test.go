package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const rooms = `variable "site" {
  default = "x"
}
message "room" {
  for_each = toset(["a1", "b 2"])
  topic    = "room/${each.key}/x:y"
  payload  = var.site
}
`

// shellSettings holds the startup file of each shell: a prompt, the completion, and a command that
// prints the words of a line as the shell split it.
var shellSettings = map[string]struct{ start, file, text string }{
	"bash": {"bash --noprofile --rcfile .bashrc -i", ".bashrc", "PS1='ready> '\nwords() { printf '<%s>' \"$@\"; echo '<end>'; }\nsource <(retainctl completion bash)\n"},
	"zsh":  {"zsh -i", ".zshrc", "PS1='ready> '\nautoload -Uz compinit; compinit -D -u\nbindkey -e\nwords() { printf '<%s>' \"$@\"; echo '<end>' }\nsource <(retainctl completion zsh)\n"},
	"fish": {"fish --no-config --init-command 'source config.fish'", "config.fish", "function fish_prompt; echo 'ready> '; end\nfunction words; printf '<%s>' $argv; echo '<end>'; end\nretainctl completion fish | source\n"},
}

// TestCompletionInShells types into real shells on a terminal. "<Tab>" means the Tab key.
func TestCompletionInShells(t *testing.T) {
	for name, shell := range shellSettings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "main.retain.hcl"), []byte(rooms))
			write(t, filepath.Join(dir, shell.file), []byte(shell.text))
			write(t, filepath.Join(dir, "values.txt"), nil)
			if out, code := retainctl(dir, "plan", "-out=next.plan"); code != 0 {
				t.Fatal(out)
			}
			term := startTerminal(t, dir, shell.start)
			for _, c := range []struct{ typed, want string }{
				{"retainctl valid<Tab>", "<retainctl><validate><end>"},
				{"retainctl state reb<Tab>", "<retainctl><state><rebind><end>"},
				{"retainctl plan -verb<Tab>-targ<Tab>mess<Tab>a<Tab>", `<retainctl><plan><-verbose><-target=message.room["a1"]><end>`},
				{"retainctl state show room/b<Tab>", "<retainctl><state><show><room/b 2/x:y><end>"},
				{"retainctl state show room/a1/x:<Tab>", "<retainctl><state><show><room/a1/x:y><end>"},
				{"retainctl apply n<Tab>", "<retainctl><apply><next.plan><end>"},
				{"retainctl plan -var-file=val<Tab>", "<retainctl><plan><-var-file=values.txt><end>"},
				{"retainctl plan -var=s<Tab>2", "<retainctl><plan><-var=site=2><end>"},
				{"retainctl show -format=mark<Tab>", "<retainctl><show><-format=markdown><end>"},
				{"retainctl nonsense <Tab>x", "<retainctl><nonsense><x><end>"},
			} {
				if got := term.words(c.typed); got != c.want {
					t.Errorf("%s becomes\n%s, want\n%s", c.typed, got, c.want)
				}
			}
		})
	}
}

// terminal is a shell on a terminal.
type terminal struct {
	t      *testing.T
	keys   io.Writer
	screen *sharedBuffer
}

func startTerminal(t *testing.T, dir, command string) terminal {
	t.Helper()
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The test binary acts as retainctl if it is called by that name.
	if err := os.Symlink(self, filepath.Join(bin, "retainctl")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("script", "--quiet", "--command", command, "/dev/null")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "ZDOTDIR="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir, "TERM=dumb", "HISTFILE=/dev/null", "INPUTRC=/dev/null", "PATH="+bin+":"+os.Getenv("PATH"))
	keys, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	term := terminal{t, keys, &sharedBuffer{}}
	cmd.Stdout = term.screen
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the shell must end before its folder is removed
		fmt.Fprint(keys, "exit\r")
		defer time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() }).Stop()
		cmd.Wait()
	})
	term.wait("ready> ", 1)
	return term
}

// words types a line, and returns the words that the shell would run.
func (term terminal) words(typed string) string {
	const home = "\x01"
	before := strings.Count(term.screen.String(), "<end>")
	fmt.Fprint(term.keys, strings.ReplaceAll(typed, "<Tab>", "\t")+home+"words \r")
	term.wait("<end>", before+1)
	screen := term.screen.String()
	screen = screen[:strings.LastIndex(screen, "<end>")+len("<end>")]
	return screen[strings.LastIndex(screen, "<retainctl>"):]
}

// wait waits until the screen shows text n times.
func (term terminal) wait(text string, n int) {
	term.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); strings.Count(term.screen.String(), text) < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			term.t.Fatalf("the terminal does not show %q %d times:\n%s", text, n, bytes.ToValidUTF8([]byte(term.screen.String()), nil))
		}
	}
}
