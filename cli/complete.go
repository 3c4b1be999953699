package cli

import (
	"context"
	"flag"
	"io"
	"strings"
	"time"

	"github.com/retainctl/retainctl/cli/completion"
	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// completeCommand answers the scripts of the completion command.
func completeCommand(known table) command {
	brief := "list what can follow"
	return command{name: "__complete", args: "SHELL WORD...", brief: brief, hidden: true, define: func(fs *flags) runFunc {
		fs.lenient = true
		return func(ctx context.Context, s *session, args []string) (int, error) {
			if len(args) < 2 {
				return exitDone, nil
			}
			ctx, cancel := context.WithTimeout(ctx, 3*time.Second) // nobody waits longer after pressing Tab
			defer cancel()
			s.Stderr = io.Discard
			answer, err := abandonable(ctx, func() completion.Answer {
				return completion.Complete(ctx, completable(known), typedProject{s}, args[0], args[1:])
			})
			if err != nil {
				return exitDone, nil
			}
			answer.Print(s.Stdout)
			return exitDone, nil
		}
	}}
}

// completable implements completion.Commands.
type completable table

func (c completable) Pages() []render.HelpPage { return table(c).pages() }

func (c completable) Find(words []string) (cmd completion.Command, rest []string, ok bool) {
	found, rest, err := table(c).find(words)
	if err != nil {
		return completion.Command{}, nil, false
	}
	cmd.Args = found.args
	fs := newFlags(found.name)
	found.define(fs)
	fs.VisitAll(func(fl *flag.Flag) {
		arg, usage := flag.UnquoteUsage(fl)
		_, refused := fl.Value.(refusedFlag)
		f := completion.Flag{Name: fl.Name, Value: placeholder(arg), Usage: usage, Hidden: refused}
		if f.Switch = isBool(fl); f.Switch && arg == "" {
			f.Value = "true|false"
		}
		cmd.Flags = append(cmd.Flags, f)
	})
	return cmd, rest, true
}

func isBool(fl *flag.Flag) bool {
	b, ok := fl.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// typedProject is the project that an unfinished command line refers to.
type typedProject struct{ s *session }

func (g typedProject) Path(name string) string { return g.s.path(name) }

func (g typedProject) Chdir(words []string) ([]string, error) {
	dir, rest, err := chdir(g.s.Dir, words)
	g.s.Dir = dir
	return rest, err
}

func (g typedProject) Config(ctx context.Context, words []string) (*spec.Config, error) {
	return configuration(ctx, g.s, givenInputs(words), false, nil)
}

// Load falls back on the default state file, because a configuration that is being written has
// errors.
func (g typedProject) Load(ctx context.Context, words []string) (*spec.Config, *state.Snapshot) {
	p, err := loadProject(ctx, g.s, givenInputs(words), false, nil)
	if err != nil {
		p = &project{store: state.NewLocalFile(folder.Below(g.s.Dir, spec.DefaultStatePath), nil)}
	}
	snapshot, _, err := p.store.Read(ctx)
	if err != nil {
		snapshot = nil
	}
	return p.config, snapshot
}

// givenInputs parses those flags before the cursor that select a configuration and a state.
func givenInputs(words []string) *inputFlags {
	var f inputFlags
	fs := newFlags("")
	f.define(fs)
	for i, word := range words {
		name, value, has := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if !strings.HasPrefix(word, "-") || fs.Lookup(name) == nil {
			continue
		}
		if !has && i+1 < len(words) {
			value = words[i+1]
		}
		fs.Set(name, value)
	}
	return &f
}
