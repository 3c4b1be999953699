package completion

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// program is a program of two commands, in a folder with one declared message and a state
// with another.
type program struct {
	dir    string
	broken bool // the configuration has errors
}

func (p *program) Pages() []render.HelpPage {
	return []render.HelpPage{{Name: "plan", Brief: "make a plan"}, {Name: "state list", Args: "[FILTER|ADDRESS]", Brief: "list"}}
}

func (p *program) Find(words []string) (Command, []string, bool) {
	switch {
	case words[0] == "plan":
		return Command{Flags: []Flag{
			{Name: "var", Value: "NAME=VALUE", Usage: "set a variable"}, {Name: "out", Value: "FILE"},
			{Name: "lock", Value: "true|false", Switch: true}, {Name: "secret", Value: "VALUE", Hidden: true},
		}}, words[1:], true
	case len(words) > 1 && words[0] == "state" && words[1] == "list":
		return Command{Args: "[FILTER|ADDRESS]"}, words[2:], true
	}
	return Command{}, nil, false
}

func (p *program) Chdir(words []string) ([]string, error) {
	dir, ok := strings.CutPrefix(words[0], "-chdir=")
	if !ok || dir == "nowhere" {
		return nil, errors.New("no such folder")
	}
	p.dir = dir
	return words[1:], nil
}

func (p *program) Path(name string) string { return filepath.Join(p.dir, name) }

func (p *program) Config(context.Context, []string) (*spec.Config, error) {
	if p.broken {
		return nil, errors.New("broken")
	}
	return &spec.Config{
		Messages:  []spec.Message{{Address: "module.hall.message.light", Message: mqtt.Message{Topic: "hall/light"}}},
		Variables: []spec.Variable{{Name: "site"}},
	}, nil
}

func (p *program) Load(ctx context.Context, flags []string) (*spec.Config, *state.Snapshot) {
	config, _ := p.Config(ctx, flags)
	key := state.Key{Broker: "b", Topic: "room/a"}
	return config, &state.Snapshot{Records: map[state.Key]state.Record{key: {Address: "message.room"}}}
}

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		name   string
		broken bool
		words  []string
		want   []string // lines, as Print writes them
	}{
		{"commands", false, []string{"p"}, []string{"-plan\tmake a plan"}},
		{"groups", false, []string{"st"}, []string{"-state\tcommands for the state"}},
		{"commands of a group", false, []string{"state", ""}, []string{"-list\tlist"}},
		{"help", false, []string{"help", "pl"}, []string{"-plan\tmake a plan"}},
		{"flags", false, []string{"plan", "-v"}, []string{"+-var=\tset a variable", ":open"}},
		{"no hidden flag", false, []string{"plan", "-s"}, nil},
		{"a switch", false, []string{"plan", "-lock=f"}, []string{"--lock=false"}},
		{"variables", false, []string{"plan", "-var", ""}, []string{"+site=", ":open"}},
		{"no value of a variable", false, []string{"plan", "-var=site="}, nil},
		{"files", false, []string{"plan", "-out", "x"}, []string{":files"}},
		{"declared", false, []string{"state", "list", "hall"}, []string{"-hall/light"}},
		{"recorded", false, []string{"state", "list", "room"}, []string{"-room/a"}},
		{"modules", false, []string{"state", "list", "mod"}, []string{"-module.hall", "-module.hall.message.light"}},
		{"without a configuration", true, []string{"state", "list", ""}, []string{"-message.room", "-room/a"}},
		{"a folder that does not exist", false, []string{"-chdir=nowhere", "plan"}, []string{":folders"}},
		{"a folder that is typed", false, []string{"-chdir=x"}, []string{":folders"}},
		{"an unknown command", false, []string{"nonsense", ""}, nil},
		{"nothing", false, nil, nil},
	} {
		p := &program{dir: t.TempDir(), broken: c.broken}
		var b strings.Builder
		Complete(t.Context(), p, p, "fish", c.words).Print(&b)
		if got, want := b.String(), strings.Join(append(c.want, ""), "\n"); got != want {
			t.Errorf("%s: of %q\n%swant\n%s", c.name, c.words, got, want)
		}
	}
}

func TestScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if script, known := Script(shell); !known || !strings.Contains(string(script), "__complete") {
			t.Errorf("%s: %t, %.40q", shell, known, script)
		}
	}
	if script, known := Script("csh"); known || script != nil {
		t.Errorf("csh: %q", script)
	}
}
