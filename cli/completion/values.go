package completion

import (
	"cmp"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Project is the folder that the command line would run in, as the flags before the cursor describe
// it. It ignores flags that it does not know.
type Project interface {
	// Chdir changes to the folder of a leading -chdir, and returns the words after it.
	Chdir(words []string) (rest []string, err error)
	// Path resolves the name of a file.
	Path(name string) string
	// Config evaluates the configuration without the arguments of its brokers.
	Config(ctx context.Context, flags []string) (*spec.Config, error)
	// Load returns the configuration and the state. Either is nil if it cannot be read.
	Load(ctx context.Context, flags []string) (*spec.Config, *state.Snapshot)
}

// values completes the values of one command's flags and arguments.
type values struct {
	project Project
	given   []string // the words between the command and the cursor
}

// candidates returns the values that can be given where the help texts write kind.
func (v values) candidates(ctx context.Context, kind, current string) Answer {
	var all []string
	switch kind {
	case "FILE", "PATH", "FILE|DIR", "DIR|FILE|-":
		return Answer{shell: "files"}
	case "DIR":
		return Answer{shell: "folders"}
	case "PLANFILE":
		if all = v.planFiles(current); len(all) == 0 {
			return Answer{shell: "files"}
		}
	case "BACKUP":
		if all = v.filesIn(filepath.Join(".retainctl", "backup"), current); len(all) == 0 {
			return Answer{shell: "files"}
		}
	case "NAME=VALUE":
		return v.variables(ctx, current)
	case "IDENTITY", "OLD":
		all = v.identities(ctx)
	case "OUTPUT":
		all = v.outputs(ctx)
	case "TOPIC|ADDRESS":
		return byLevel(current, v.messages(ctx))
	case "ADDRESS|FILTER", "FILTER|ADDRESS", "TOPIC|FILTER|ADDRESS":
		return byLevel(current, withModules(v.messages(ctx)))
	default:
		if strings.Contains(kind, "|") && strings.ToLower(kind) == kind {
			all = strings.Split(kind, "|")
		}
	}
	var candidates []candidate
	for _, text := range all {
		candidates = append(candidates, candidate{text: text})
	}
	return startingWith(current, candidates)
}

// messages returns the addresses and topics that are declared or recorded.
func (v values) messages(ctx context.Context) []string {
	config, snapshot := v.project.Load(ctx, v.given)
	all := map[string]bool{}
	if config != nil {
		for _, m := range config.Messages {
			all[m.Address], all[m.Topic] = true, true
		}
	}
	if snapshot != nil {
		for key, r := range snapshot.Records {
			all[r.Address], all[key.Topic] = true, true
		}
	}
	delete(all, "")
	return slices.Sorted(maps.Keys(all))
}

// withModules adds the modules that contain the addresses. A module selects everything in it.
func withModules(known []string) []string {
	all := map[string]bool{}
	for _, address := range known {
		all[address] = true
		if module := (&plan.Change{Address: address}).Module(); module != "" {
			all[module] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (v values) outputs(ctx context.Context) []string {
	config, err := v.project.Config(ctx, v.given)
	if err != nil {
		return nil
	}
	var names []string
	for _, o := range config.Outputs {
		names = append(names, o.Name)
	}
	return names
}

// identities returns the identities of the brokers that the state records messages of.
func (v values) identities(ctx context.Context) []string {
	_, snapshot := v.project.Load(ctx, v.given)
	all := map[string]bool{}
	if snapshot != nil {
		for key := range snapshot.Records {
			all[string(key.Broker)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (v values) variables(ctx context.Context, current string) Answer {
	if strings.Contains(current, "=") {
		return Answer{}
	}
	config, err := v.project.Config(ctx, v.given)
	if err != nil {
		return Answer{}
	}
	var all []candidate
	for _, v := range config.Variables {
		all = append(all, candidate{text: v.Name + "=", open: true})
	}
	return startingWith(current, all)
}

// planFiles returns the saved plans that begin with the path typed.
func (v values) planFiles(current string) []string {
	folder, _ := filepath.Split(current)
	entries, err := os.ReadDir(v.project.Path(cmp.Or(folder, ".")))
	if err != nil || len(entries) > 1000 {
		return nil
	}
	var found []string
	for _, entry := range entries {
		path := folder + entry.Name()
		if entry.Type().IsRegular() && strings.HasPrefix(path, current) && isPlan(v.project.Path(path)) {
			found = append(found, path)
		}
	}
	return found
}

func isPlan(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	return plan.IsFile(file)
}

// filesIn returns the files of a folder and those below it that begin with the path typed.
func (v values) filesIn(folder, current string) []string {
	entries, err := os.ReadDir(v.project.Path(folder))
	if err != nil {
		return nil
	}
	var found []string
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if entry.IsDir() {
			found = append(found, v.filesIn(path, current)...)
		} else if strings.HasPrefix(path, current) {
			found = append(found, path)
		}
	}
	return found
}
