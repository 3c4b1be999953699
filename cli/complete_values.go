package cli

import (
	"cmp"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// values gives what can stand where the help texts write kind.
func (s *session) values(ctx context.Context, kind string, given []string, current string) completion {
	var all []string
	switch kind {
	case "FILE", "PATH", "FILE|DIR", "DIR|FILE|-":
		return completion{shell: "files"}
	case "DIR":
		return completion{shell: "folders"}
	case "PLANFILE":
		if all = s.planFiles(current); len(all) == 0 {
			return completion{shell: "files"}
		}
	case "BACKUP":
		if all = s.within(filepath.Join(".retainctl", "backup"), current); len(all) == 0 {
			return completion{shell: "files"}
		}
	case "NAME=VALUE":
		return s.variableNames(ctx, given, current)
	case "IDENTITY", "OLD":
		all = s.identities(ctx, given)
	case "OUTPUT":
		all = s.outputNames(ctx, given)
	case "TOPIC|ADDRESS":
		return stepwise(current, s.known(ctx, given))
	case "ADDRESS|FILTER", "FILTER|ADDRESS", "TOPIC|FILTER|ADDRESS":
		return stepwise(current, withModules(s.known(ctx, given)))
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

// givenInputs reads the flags before the cursor that say which configuration and which
// state is meant.
func (s *session) givenInputs(given []string) *inputFlags {
	var f inputFlags
	fs := newFlags("")
	f.define(fs)
	for i, word := range given {
		name, value, has := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if !strings.HasPrefix(word, "-") || fs.Lookup(name) == nil {
			continue
		}
		if !has && i+1 < len(given) {
			value = given[i+1]
		}
		fs.Set(name, value)
	}
	return &f
}

// look loads what there is of configuration and state: either may be nil.
func (s *session) look(ctx context.Context, given []string) (*spec.Config, *state.Snapshot) {
	const patience = 3 * time.Second // whoever pressed the key waits, and the store may be far away
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := s.load(ctx, s.givenInputs(given), false, nil)
	if err != nil { // a configuration that is being written; the usual state may still be of use
		p = &project{store: state.NewLocal(s.path(spec.DefaultStatePath))}
	}
	snapshot, _, err := p.store.Read(ctx)
	if err != nil {
		snapshot = nil
	}
	return p.config, snapshot
}

// known are the addresses and topics that are declared or recorded.
func (s *session) known(ctx context.Context, given []string) []string {
	config, snapshot := s.look(ctx, given)
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

// withModules adds the modules that addresses are in: each stands for all of it.
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

func (s *session) outputNames(ctx context.Context, given []string) []string {
	config, err := s.configuration(ctx, s.givenInputs(given), false, nil)
	if err != nil {
		return nil
	}
	var names []string
	for _, o := range config.Outputs {
		names = append(names, o.Name)
	}
	return names
}

// identities are those of the brokers that the state holds messages of.
func (s *session) identities(ctx context.Context, given []string) []string {
	_, snapshot := s.look(ctx, given)
	all := map[string]bool{}
	if snapshot != nil {
		for key := range snapshot.Records {
			all[string(key.Broker)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (s *session) variableNames(ctx context.Context, given []string, current string) completion {
	if strings.Contains(current, "=") {
		return completion{}
	}
	config, err := s.configuration(ctx, s.givenInputs(given), false, nil)
	if err != nil {
		return completion{}
	}
	var all []candidate
	for _, v := range config.Variables {
		all = append(all, candidate{text: v.Name + "=", open: true})
	}
	return startingWith(current, all)
}

// planFiles are the saved plans of the folder that a path leads to.
func (s *session) planFiles(current string) []string {
	folder, _ := filepath.Split(current)
	entries, err := os.ReadDir(s.path(cmp.Or(folder, ".")))
	if err != nil || len(entries) > 1000 {
		return nil
	}
	var found []string
	for _, entry := range entries {
		path := folder + entry.Name()
		if entry.Type().IsRegular() && strings.HasPrefix(path, current) && isPlan(s.path(path)) {
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

// within are the files of one folder, where the path typed does not lead elsewhere.
func (s *session) within(folder, current string) []string {
	entries, err := os.ReadDir(s.path(folder))
	if err != nil {
		return nil
	}
	var found []string
	for _, entry := range entries {
		if path := filepath.Join(folder, entry.Name()); strings.HasPrefix(path, current) {
			found = append(found, path)
		}
	}
	return found
}

// stepwise offers names a level at a time where there are more than a screen
// takes: message.room[ for its 10,000 instances, site/ for what is below it.
func stepwise(prefix string, names []string) completion {
	const screen = 100
	c := completion{}
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			c.candidates = append(c.candidates, candidate{text: name})
		}
	}
	if len(c.candidates) <= screen {
		return c
	}
	for i, whole := range c.candidates {
		if end := strings.IndexAny(whole.text[len(prefix):], "[/."); end >= 0 {
			c.candidates[i] = candidate{text: whole.text[:len(prefix)+end+1], open: true}
		}
	}
	c.candidates = slices.Compact(c.candidates)
	return c
}
