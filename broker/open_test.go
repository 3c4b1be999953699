package broker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/spec/language"
)

// TestEveryKindOpens checks that there is a target for every broker type of the language. The context has
// ended, so that none of them is connected to.
func TestEveryKindOpens(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	needs := map[string]string{"mqtt": `url = "mqtt://127.0.0.1:1"`, "aws_iot": `endpoint = "http://127.0.0.1:1"`}
	for _, kind := range language.Kinds(language.Blocks(), "broker") {
		dir := t.TempDir()
		block := fmt.Sprintf("broker %q \"b\" {\n  %s\n}\n", kind, needs[kind])
		if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
		config, _, diags := spec.Load(dir, spec.Inputs{EvalBrokers: true})
		if diags.HasErrors() {
			t.Fatalf("%s: %v; what the block needs belongs in this test", kind, diags)
		}
		w, err := broker.Open(ctx, config.Brokers[0], broker.Options{})
		if err == nil {
			w.Close()
		} else if strings.Contains(err.Error(), "no target") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
