package cli_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/retainctl/retainctl/broker/brokertest"
)

// TestImportLaw applies random configurations, imports the messages into another folder and plans there:
// everything must be adopted and nothing published. It does this on every kind of broker.
func TestImportLaw(t *testing.T) {
	mqtt := serveMQTT(t)
	aws := serveAWS(t)
	for name, on := range map[string]target{
		"embedded":  {map[string]any{"embedded": map[string]any{"b": map[string]any{"path": "shared.db"}}}, 2},
		"served":    {map[string]any{"mqtt": map[string]any{"b": map[string]any{"url": "mqtt://" + mqtt}}}, 2},
		"aws":       {map[string]any{"aws_iot": map[string]any{"b": map[string]any{"region": "eu-west-1", "endpoint": "http://" + aws}}}, 1},
		"mosquitto": {map[string]any{"mqtt": map[string]any{"b": map[string]any{"url": "mqtt://" + brokertest.StartMosquitto(t).Address}}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := t.TempDir()
			if settings, ok := on.block["embedded"].(map[string]any); ok {
				settings["b"] = map[string]any{"path": filepath.Join(seed, "shared.db")}
			}
			for round := range 4 {
				configuration := configurations(on).Example(round + 10*len(name))
				write(t, filepath.Join(seed, "main.retain.json"), configuration)
				if out, code := retainctl(seed, "apply", "-auto-approve", "-overwrite-unmanaged", "-max-deletes=100%"); code != 0 {
					t.Fatalf("apply exits with %d\n%s\n%s", code, configuration, out)
				}
				takeOver(t, on, len(declared(t, configuration)), round%2 == 1)
			}
		})
	}
}

// declared returns the message blocks of a configuration in JSON.
func declared(t *testing.T, configuration []byte) map[string]any {
	t.Helper()
	var c struct{ Message map[string]any }
	if err := json.Unmarshal(configuration, &c); err != nil {
		t.Fatal(err)
	}
	return c.Message
}

// takeOver imports a broker's n messages into a new folder, and checks that the next plan adopts them.
func takeOver(t *testing.T, on target, n int, exact bool) {
	t.Helper()
	dir := t.TempDir()
	block, err := json.Marshal(map[string]any{"broker": on.block})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "main.retain.json"), block)
	if out, code := retainctl(dir, "import", "#", "-out=imported.retain.hcl", fmt.Sprintf("-exact=%v", exact)); code != 0 {
		t.Fatalf("import exits with %d\n%s", code, out)
	}
	out, code := retainctl(dir, "plan", "-detailed-exitcode")
	want := fmt.Sprintf(`Plan: %d to import, 0 to add, 0 to change, 0 to destroy\.`, n)
	if code != 2 || !regexp.MustCompile(want).MatchString(out) {
		t.Fatalf("the plan after import exits with %d, not with %s\n%s", code, want, out)
	}
	if out, code := retainctl(dir, "apply", "-auto-approve"); code != 0 {
		t.Fatalf("apply exits with %d\n%s", code, out)
	}
	if out, code := retainctl(dir, "plan", "-detailed-exitcode"); code != 0 {
		t.Fatalf("the plan after apply exits with %d\n%s", code, out)
	}
}
