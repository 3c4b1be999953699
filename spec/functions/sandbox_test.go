package functions

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// testSandbox returns a sandbox with a module in it. Beside its root is a secret that links of
// every kind lead to.
func testSandbox(t *testing.T) (s *Sandbox, dir string) {
	t.Helper()
	outside := t.TempDir()
	dir = filepath.Join(outside, "root")
	write := func(name string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(filepath.Base(name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "secret"))
	write(filepath.Join(outside, "rootless", "secret")) // shares the root's name as a prefix
	write(filepath.Join(dir, "top"))
	write(filepath.Join(dir, "module", "own"))
	for name, target := range map[string]string{
		"link-file":     "../secret",
		"link-absolute": filepath.Join(outside, "secret"),
		"link-folder":   "..",
		"link-inside":   "module/own",
		"module/up":     "../..",
		"hop":           "link-folder",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenSandbox(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

func TestSandboxReads(t *testing.T) {
	s, root := testSandbox(t)
	for _, at := range []struct{ dir, name, want string }{
		{".", "top", "top"},
		{"", "module/own", "own"},
		{"module", "own", "own"},
		{"module", "../top", "top"},
		{filepath.Join(root, "module"), "own", "own"},
		{root, "./module/../top", "top"},
		{".", "link-inside", "own"},
	} {
		got, err := s.ReadFile(at.dir, at.name)
		if err != nil || string(got) != at.want {
			t.Errorf("ReadFile(%q, %q) = %q, %v, want %q", at.dir, at.name, got, err, at.want)
		}
	}
}

func TestSandboxRefusesPathsOutside(t *testing.T) {
	s, root := testSandbox(t)
	outside := filepath.Dir(root)
	for _, at := range []struct{ dir, name, want string }{
		{".", "../secret", "leads out of the configuration's folder"},
		{"module", "../../secret", "leads out"},
		{".", "../rootless/secret", "leads out"},
		{outside, "secret", "leads out"},
		{".", filepath.Join(outside, "secret"), "outside the configuration's folder"},
		{".", filepath.Join(root, "top"), "relative to this folder"},
		{".", "~/secret", "outside"},
		{".", "link-file", "links out of the configuration's folder are not followed"},
		{".", "link-absolute", "not followed"},
		{".", "link-folder/secret", "not followed"},
		{".", "hop/secret", "not followed"},
		{".", "module/up/secret", "not followed"},
		{".", "pipe", "not a regular file"},
		{".", "module", "is a folder"},
		{".", "", "is a folder"},
		{".", "none", "there is no file none"},
		{".", "top\x00", "open"},
	} {
		data, err := s.ReadFile(at.dir, at.name)
		if err == nil || !strings.Contains(err.Error(), at.want) {
			t.Errorf("ReadFile(%q, %q) = %q, %v, want an error with %q", at.dir, at.name, data, err, at.want)
		}
		if at.want == "there is no file none" {
			continue
		}
		if exists, err := s.Exists(at.dir, at.name); err == nil {
			t.Errorf("Exists(%q, %q) = %v, want an error", at.dir, at.name, exists)
		}
	}
}

func TestSandboxErrorsHideThePath(t *testing.T) {
	s, root := testSandbox(t)
	for _, name := range []string{"none", "link-file", "module", "../secret"} {
		if _, err := s.ReadFile(".", name); err == nil || strings.Contains(err.Error(), root) {
			t.Errorf("ReadFile(%q): %v; the message must not show the path of the root", name, err)
		}
	}
}

func TestSandboxSizeLimit(t *testing.T) {
	s, root := testSandbox(t)
	big := filepath.Join(root, "big")
	if err := os.WriteFile(big, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, maxFileSize+1); err != nil { // sparse: costs no disk
		t.Fatal(err)
	}
	if _, err := s.ReadFile(".", "big"); err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("a file of 64 MiB and a byte: %v", err)
	}
}

func TestSandboxGlob(t *testing.T) {
	s, _ := testSandbox(t)
	for _, at := range []struct {
		dir, name, pattern string
		want               []string
	}{
		{".", ".", "**", []string{"link-inside", "module/own", "top"}},
		{".", "module", "*", []string{"own"}},
		{"module", ".", "*", []string{"own"}},
		{"module", "..", "t*", []string{"top"}},
		{".", ".", "link-folder/*", nil},
		{".", ".", "*/own", []string{"module/own"}},
		{".", "none", "*", nil},
	} {
		got, err := s.Glob(at.dir, at.name, at.pattern)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, at.want) {
			t.Errorf("Glob(%q, %q, %q) = %q, %v, want %q", at.dir, at.name, at.pattern, got, err, at.want)
		}
	}
	for _, at := range [][3]string{
		{".", "..", "*"}, {".", ".", "../*"}, {".", "/etc", "*"}, {".", ".", "/etc/*"}, {".", "link-folder", "*"}, {".", ".", "["},
	} {
		if got, err := s.Glob(at[0], at[1], at[2]); err == nil {
			t.Errorf("Glob(%q) = %q, want an error", at, got)
		}
	}
}

// Without a bound, ** takes forever on two links to their own folder.
func TestSandboxGlobEnds(t *testing.T) {
	s, root := testSandbox(t)
	for _, name := range []string{"a", "b", "c"} {
		if err := os.Symlink(".", filepath.Join(root, "module", name)); err != nil {
			t.Fatal(err)
		}
	}
	s.maxFiles = 1000
	if got, err := s.Glob(".", ".", "**/none"); err == nil || !strings.Contains(err.Error(), "more than 1000 files") {
		t.Errorf("a glob through links to their own folder returns %q, %v", got, err)
	}
}
