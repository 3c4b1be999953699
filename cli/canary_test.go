package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/cli"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
)

// canaryRun is a folder with a configuration, its broker, and the search.
type canaryRun struct {
	t        *testing.T
	dir      string
	messages *store.Store
	search   search
	password string
	steps    int
	within   bool // command lines run in this process, which is faster
	stdin    string
	printed  string   // the output of the last command line
	planted  []string // files that secrets were put in, which are not searched
}

// TestCanaries runs every command that prints or stores anything, with secrets in every field that can
// hold one, and searches all outputs and files for them.
func TestCanaries(t *testing.T) {
	t.Run("mqtt", func(t *testing.T) {
		t.Parallel()
		c := newCanaryRun(t)
		mqtt, _ := c.serve()
		c.configure(fmt.Sprintf("broker \"mqtt\" \"b\" {\n  url      = \"mqtt://%s\"\n  username = var.user\n  password = var.password\n  kind     = \"mosquitto\" # it need not wait, because this broker never reorders\n  timeout  = \"5s\"\n}\n", mqtt))
		c.play(canarySteps, true)
	})
	t.Run("aws", func(t *testing.T) {
		t.Parallel()
		c := newCanaryRun(t)
		c.within = true
		_, aws := c.serve()
		c.configure(fmt.Sprintf("broker \"aws_iot\" \"b\" {\n  region   = \"eu-west-1\"\n  endpoint = \"http://%s\"\n}\n", aws))
		c.play(canarySteps, false)
	})
}

func newCanaryRun(t *testing.T) *canaryRun {
	c := &canaryRun{t: t, dir: t.TempDir(), password: planted["password"], planted: []string{"secret.bin", "in.auto.retainvars.json", "given.hcl", "literal.retain.hcl", "broken.retain.hcl"}}
	c.search.leak, c.search.seen = t.Errorf, map[string][]byte{}
	for name, value := range planted {
		c.search.canaries = append(c.search.canaries, newCanary(name, value))
	}
	inFile := map[string]string{}
	for _, name := range []string{"short", "long", "type", "response", "correlation", "property", "ordered", "element", "key", "object", "templated", "argument", "pin"} {
		inFile[name] = planted[name]
	}
	file, err := json.Marshal(map[string]any{"s": inFile})
	if err != nil {
		t.Fatal(err)
	}
	c.write("in.auto.retainvars.json", string(file))
	c.write("given.hcl", fmt.Sprintf("file = %q\n", planted["file"]))
	c.write("secret.tpl", "key: ${secret}\n")
	c.write("secret.bin", planted["bytes"])
	return c
}

// configure writes the configuration with a broker block.
func (c *canaryRun) configure(broker string) {
	c.t.Helper()
	c.write("broker.retain.hcl", broker+canaryVariables)
	c.write("main.retain.hcl", canaryMessages+canaryProperties)
}

func (c *canaryRun) write(name, text string) {
	c.t.Helper()
	write(c.t, filepath.Join(c.dir, name), []byte(text))
}

func (c *canaryRun) read(name string) string {
	c.t.Helper()
	data, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(data)
}

// remove removes a file, if it exists.
func (c *canaryRun) remove(name string) {
	c.t.Helper()
	if err := os.RemoveAll(filepath.Join(c.dir, name)); err != nil {
		c.t.Fatal(err)
	}
}

// serve starts a broker that asks for a password and denies canary/denied/#.
func (c *canaryRun) serve() (mqtt, aws string) {
	c.t.Helper()
	mqtt, aws, c.messages = serve(c.t, server.Options{
		Username: planted["user"], Password: planted["password"], Deny: []string{"canary/denied/#"},
	})
	return mqtt, aws
}

// live puts a message on the broker as somebody else would.
func (c *canaryRun) live(topic, payload string, props ...mqtt.UserProperty) {
	c.t.Helper()
	m := mqtt.Message{Topic: topic, Payload: []byte(payload), UserProperties: props}
	if err := c.messages.Put([]mqtt.Message{m}); err != nil {
		c.t.Fatal(err)
	}
}

// run runs a command line, searches its output and every file, and returns its output. want is the
// exit status, or anyStatus.
func (c *canaryRun) run(want int, args ...string) string {
	c.t.Helper()
	c.steps++
	var stdout, stderr bytes.Buffer
	environ := append(os.Environ(), "RETAINCTL_LOG=debug", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
		"RETAINCTL_VAR_whole="+planted["whole"], "RETAINCTL_VAR_leaf="+planted["leaf"], "RETAINCTL_VAR_user="+planted["user"], "RETAINCTL_VAR_password="+c.password)
	got := 0
	if c.within {
		got = cli.Run(args, cli.Env{
			Stdin: strings.NewReader(c.stdin), Stdout: &stdout, Stderr: &stderr, Environ: environ, Dir: c.dir, Width: 80,
			Signals: make(chan os.Signal), Exit: func(int) {},
		})
	} else {
		cmd := exec.Command("retainctl", args...)
		cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.dir, environ, strings.NewReader(c.stdin), &stdout, &stderr
		if err := cmd.Run(); err != nil {
			exit := new(exec.ExitError)
			if !errors.As(err, &exit) {
				c.t.Fatal(err)
			}
			got = exit.ExitCode()
		}
	}
	step := fmt.Sprintf("step %d, %s", c.steps, strings.ReplaceAll(strings.Join(args, " "), planted["argument"], "..."))
	if want != anyStatus && got != want {
		c.t.Fatalf("%s: exit %d, want %d\n%s\n%s", step, got, want, stdout.String(), stderr.String())
	}
	c.search.text(step+": stdout", stdout.Bytes())
	c.search.text(step+": stderr", stderr.Bytes())
	c.search.folder(c.t, step, c.dir, c.planted...)
	return stdout.String() + stderr.String()
}

// play runs the steps of the table. secure says that the broker asks for a password.
func (c *canaryRun) play(steps []canaryStep, secure bool) {
	c.t.Helper()
	within := c.within
	for _, step := range steps {
		if step.secure && !secure {
			continue
		}
		if step.arrange != nil {
			step.arrange(c)
		}
		c.stdin, c.within = step.stdin, within || step.within
		for _, line := range step.lines {
			c.step(step, line)
		}
	}
	c.t.Logf("%d runs, %d places (%d MB), %d canaries in %d forms: %d searches",
		c.steps, c.search.places, c.search.bytes>>20, len(c.search.canaries), c.search.forms(), c.search.places*c.search.forms())
}

// step runs one command line of a step.
func (c *canaryRun) step(step canaryStep, line []string) {
	c.t.Helper()
	args := slices.Clone(line)
	if i := slices.Index(args, "BACKUP"); i >= 0 {
		args[i] = c.lastBackup()
	}
	if !step.plain {
		args = append(args, "-var", "argument="+planted["argument"], "-var-file=given.hcl", "-no-color")
	}
	c.printed = c.run(step.status, args...)
	for _, pattern := range step.says {
		if !regexp.MustCompile(pattern).MatchString(c.printed) {
			c.t.Errorf("%q prints nothing like %q:\n%s", line, pattern, c.printed)
		}
	}
	if hidden := strings.Count(c.printed, "(sensitive value)"); hidden < step.hides {
		c.t.Errorf("%q hides %d values, want %d at least:\n%s", line, hidden, step.hides, c.printed)
	}
}

func (c *canaryRun) lastBackup() string {
	c.t.Helper()
	files, err := filepath.Glob(filepath.Join(c.dir, ".retainctl/backup/*/*"))
	if err != nil || len(files) == 0 {
		c.t.Fatalf("no backup: %v", err)
	}
	return files[len(files)-1]
}

func document(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
