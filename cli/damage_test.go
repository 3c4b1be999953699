package cli_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const damageConfig = `
broker "embedded" "dev" { path = "dev.db" }
variable "n" { default = 1 }
message "a" {
  for_each = toset([for i in range(20) : tostring(i)])
  topic    = "damage/${each.key}"
  payload  = jsonencode({ key = each.key, n = var.n })
}
`

// TestDamagedFilesAreLeftAlone damages a state, a plan file and the embedded broker's file. The commands
// that read them must say what is wrong with which file, publish nothing and change no file. (That the
// damage of any single bit is found is tested in the packages of the formats.)
func TestDamagedFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.retain.hcl"), []byte(damageConfig))
	for _, args := range [][]string{{"apply", "-auto-approve"}, {"plan", "-var", "n=2", "-out=next.plan"}} {
		if out, code := retainctl(dir, args...); code != 0 {
			t.Fatalf("%v: exit %d\n%s", args, code, out)
		}
	}
	for _, c := range []struct {
		file, named string
		commands    [][]string
	}{
		{"retain.state.json", "", [][]string{
			{"plan", "-var", "n=2"}, {"apply", "-auto-approve", "-var", "n=2"}, {"apply", "next.plan"}, {"destroy", "-auto-approve"},
			{"show"}, {"state", "list"}, {"state", "pull"}, {"state", "rm", "damage/1"}, {"state", "rebind", "a", "b"},
		}},
		{"next.plan", "next.plan", [][]string{{"apply", "next.plan"}, {"show", "next.plan"}}},
		{"dev.db", "dev.db", [][]string{{"plan", "-var", "n=2"}, {"apply", "-auto-approve", "-var", "n=2"}}},
	} {
		path := filepath.Join(dir, c.file)
		sound, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for round := range 24 {
			damaged := damage(sound, round)
			for _, args := range c.commands {
				write(t, path, damaged)
				before := contents(t, dir)
				out, code := retainctl(dir, args...)
				if code == 0 && c.file == "dev.db" { // the damage is in an unused part of the file
					break
				}
				refused++
				if code != 1 || strings.Contains(out, "goroutine") || !strings.Contains(out, "Error: ") || !strings.Contains(out, c.named) {
					t.Errorf("%s, round %d, %v: exit %d\n%s", c.file, round, args, code, out)
				}
				for name, data := range contents(t, dir) {
					if !bytes.Equal(data, before[name]) {
						t.Errorf("%s, round %d, %v changes %s", c.file, round, args, name)
					}
				}
			}
			write(t, path, sound)
		}
		t.Logf("%s: %d refusals", c.file, refused)
	}
	if out, code := retainctl(dir, "apply", "next.plan"); code != 0 {
		t.Errorf("the sound files no longer work: exit %d\n%s", code, out)
	}
}

// damage cuts a file, flips a bit of it, or overwrites a part of it.
func damage(sound []byte, round int) []byte {
	r := rand.New(rand.NewPCG(uint64(round), 7))
	at := r.IntN(len(sound) - 1)
	damaged := bytes.Clone(sound)
	switch round % 4 {
	case 0:
		return damaged[:at]
	case 1:
		copy(damaged[at:], make([]byte, 600))
	case 2:
		copy(damaged[at/512*512:], strings.Repeat("\xff", 512))
	default:
		for damaged[at] == 0 { // most of a sparse file is unused
			at = r.IntN(len(sound) - 1)
		}
		damaged[at] ^= 1 << r.IntN(6)
	}
	return damaged
}

// contents returns the files of a folder by name, without lock files, which come and go.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() || strings.Contains(e.Name(), "lock") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = data
	}
	return found
}
