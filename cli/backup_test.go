package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/state"
)

func TestRingOfAState(t *testing.T) {
	dir := t.TempDir()
	s := &session{Env: Env{Dir: dir}}
	long := strings.Repeat("x", 300)
	seen := map[string]string{}
	for address, want := range map[string]struct{ folder, state string }{
		filepath.Join(dir, "retain.state.json"):         {"retain.state.json", "retain.state.json"},
		filepath.Join(dir, "envs", "dev.json"):          {"envs%2Fdev.json", "envs/dev.json"},
		filepath.Join(filepath.Dir(dir), "shared.json"): {"", filepath.Join(filepath.Dir(dir), "shared.json")},
		"s3://bucket/fleet/prod.json":                   {"s3%3A%2F%2Fbucket%2Ffleet%2Fprod.json", "s3://bucket/fleet/prod.json"},
		"s3://bucket/fleet%2Fprod.json":                 {"", "s3://bucket/fleet%2Fprod.json"},
		"https://host/../../x":                          {"https%3A%2F%2Fhost%2F..%2F..%2Fx", "https://host/../../x"},
		"s3://a/" + long:                                {"", "s3://a/" + long},
		"s3://b/" + long:                                {"", "s3://b/" + long},
		"s3://b/" + long + "y":                          {"", "s3://b/" + long + "y"},
	} {
		r := ringOf(s, address)
		name := filepath.Base(r.folder)
		if want.folder != "" && name != want.folder || r.state != want.state || filepath.Dir(r.folder) != backupFolder || len(name) > 255 {
			t.Errorf("%s: %q of %q", address, r.folder, r.state)
		}
		if other, twice := seen[name]; twice {
			t.Errorf("%s and %s share a ring", address, other)
		}
		seen[name] = address
	}
}

func TestRescuedStateOverwritesStatesOnly(t *testing.T) {
	s := &session{Env: Env{Dir: t.TempDir()}}
	path := filepath.Join(s.Dir, erroredFile)
	for _, before := range []string{"", state.DocumentBegin + "1}"} {
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := writeRescued(s, []byte("new")); err != nil {
			t.Errorf("over %q: %v", before, err)
		}
	}
	victim := filepath.Join(t.TempDir(), "victim")
	for name, make := range map[string]func() error{
		"another file":    func() error { return os.WriteFile(path, []byte("theirs"), 0o600) },
		"a dangling link": func() error { return os.Symlink(victim, path) },
		"a link":          func() error { os.WriteFile(victim, nil, 0o600); return os.Symlink(victim, path) },
	} {
		os.Remove(path)
		os.Remove(victim)
		if err := make(); err != nil {
			t.Fatal(err)
		}
		if err := writeRescued(s, []byte("new")); err == nil {
			t.Errorf("written over %s", name)
		}
		if text, _ := os.ReadFile(victim); len(text) > 0 {
			t.Errorf("written through %s", name)
		}
	}
}
