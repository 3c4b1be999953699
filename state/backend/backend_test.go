package backend_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/spec/language"
	"github.com/retainctl/retainctl/state/backend"
	"github.com/retainctl/retainctl/state/remote"
)

// TestOpen opens a store of each kind of settings, which names its document.
func TestOpen(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	root := t.TempDir()
	elsewhere := filepath.Join(t.TempDir(), "s.json")
	for want, settings := range map[string]spec.BackendSettings{
		filepath.Join(root, "a", "s.json"): &spec.LocalSettings{Path: "a/s.json"},
		elsewhere:                          &spec.LocalSettings{Path: elsewhere},
		"s3://bucket/key":                  &spec.S3Settings{Bucket: "bucket", Key: "key", Region: "eu-west-1"},
		"https://ci.example/state":         &spec.HTTPSettings{Address: &url.URL{Scheme: "https", Host: "ci.example", Path: "/state", RawQuery: "token=x"}},
	} {
		store, err := backend.Open(t.Context(), spec.Backend{Settings: settings}, root, remote.Options{})
		if err != nil {
			t.Errorf("%s: %v", want, err)
		} else if got := store.Address(); got != want {
			t.Errorf("the address is %s, want %s", got, want)
		}
	}
}

// TestOpenNothing holds that an error comes without a store, even one that is a nil pointer.
func TestOpenNothing(t *testing.T) {
	for want, settings := range map[string]spec.BackendSettings{
		"needs bucket":  &spec.S3Settings{},
		"needs address": &spec.HTTPSettings{},
		"no store":      nil,
	} {
		store, err := backend.Open(t.Context(), spec.Backend{Settings: settings}, "", remote.Options{})
		if store != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("store %v, error %v, want one with %q", store, err, want)
		}
	}
}

// TestEveryKindOpens checks that there is a store for every backend type of the language.
func TestEveryKindOpens(t *testing.T) {
	for _, kind := range language.Kinds(language.Find("retainctl", "").Blocks, "backend") {
		dir := t.TempDir()
		block := fmt.Sprintf("retainctl {\n  backend %q {}\n}\n", kind)
		if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
		config, _, diags := spec.Load(dir, spec.Inputs{})
		if diags.HasErrors() {
			t.Fatalf("%s: %v", kind, diags)
		}
		if _, err := backend.Open(t.Context(), config.Backend, dir, remote.Options{}); err != nil && strings.Contains(err.Error(), "no store") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
