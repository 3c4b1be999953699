package cli_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/broker/brokertest"
)

// fence is a fenced block of a page.
type fence struct{ language, text string }

func fences(t *testing.T, page string) []fence {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []fence
	for _, match := range regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		all = append(all, fence{match[1], match[2]})
	}
	return all
}

// TestPagesRun follows the pages for newcomers: "hcl" blocks are written as files, "sh" blocks are run,
// and each line of a "text" block must be in the output of the last "sh" block.
func TestPagesRun(t *testing.T) {
	for page, least := range map[string]int{"coming-from-scripts.md": 7, "coming-from-terraform.md": 4} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			shell := newPageShell(t)
			ran, printed := 0, ""
			for _, f := range fences(t, filepath.Join("..", "docs", page)) {
				switch f.language {
				case "hcl":
					shell.save(f.text)
				case "sh":
					printed = shell.run(f.text)
					ran++
				case "text":
					for line := range strings.Lines(f.text) {
						if !strings.Contains(printed, strings.TrimSuffix(line, "\n")) {
							t.Errorf("the page shows %q, and it prints\n%s", line, printed)
						}
					}
				}
			}
			if ran < least {
				t.Errorf("only %d blocks were run", ran)
			}
		})
	}
}

// pageShell runs a page's commands in a folder, against local brokers that replace those that the page
// names.
type pageShell struct {
	t     *testing.T
	dir   string
	path  string
	local *strings.Replacer
}

func newPageShell(t *testing.T) pageShell {
	t.Helper()
	host, port, _ := strings.Cut(brokertest.StartMosquitto(t).Address, ":")
	aws := serveAWS(t)
	return pageShell{t, t.TempDir(), withProgram(t), strings.NewReplacer(
		"localhost -p 1883", host+" -p "+port, "localhost:1883", host+":"+port, "127.0.0.1:8083", aws,
		"retainctl apply\n", "retainctl apply -auto-approve\n", "retainctl destroy\n", "retainctl destroy -auto-approve\n",
	)}
}

func (s pageShell) save(text string) {
	s.t.Helper()
	name := "main.retain.hcl"
	if named := regexp.MustCompile(`^# (\S+\.retain\.hcl)\n`).FindStringSubmatch(text); named != nil {
		name = named[1]
	}
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	write(s.t, path, []byte(s.local.Replace(text)))
}

// run runs the commands, all of which must succeed.
func (s pageShell) run(commands string) string {
	s.t.Helper()
	out, err := shell(s.dir, s.local.Replace(commands), "PATH="+s.path, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
	if err != nil {
		s.t.Fatalf("%v\n%s\n%s", err, commands, out)
	}
	return out
}

// shell runs commands until one fails, and returns the output of all of them.
func shell(dir, commands string, env ...string) (string, error) {
	cmd := exec.Command("sh", "-e", "-c", commands)
	cmd.Dir = dir
	cmd.Env = append(env, "HOME="+dir, "LANG="+cmp.Or(os.Getenv("LANG"), "C.UTF-8"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// withProgram returns a PATH on which retainctl is the program under test.
func withProgram(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "retainctl")); err != nil { // the test binary acts as retainctl if it is called by that name
		t.Fatal(err)
	}
	return bin + ":/usr/bin:" + os.Getenv("PATH")
}
