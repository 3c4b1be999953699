package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// place is a folder with a stranger's links, beside a folder that they lead to.
func place(t *testing.T, links map[string]string) (repo, home string) {
	t.Helper()
	above := t.TempDir()
	repo, home = filepath.Join(above, "repo"), filepath.Join(above, "home")
	for _, dir := range []string{repo, home, filepath.Join(repo, "sub")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(home, "precious"), "theirs")
	put(t, filepath.Join(repo, "sub", "own"), "ours")
	for name, target := range links {
		if err := os.Symlink(strings.ReplaceAll(target, "REPO", repo), filepath.Join(repo, name)); err != nil {
			t.Fatal(err)
		}
	}
	return repo, home
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func content(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestLinks writes, reads, creates and removes through every kind of link: no way leads out of the folder.
func TestLinks(t *testing.T) {
	repo, home := place(t, map[string]string{
		"out": "../home/precious", "absent": "../home/new", "far": "/nowhere/file", "dir": "../home", "chain": "out",
		"sub/up": "../../home/precious", "in": "sub/own", "whole": "REPO/sub/own", "deep": "sub/new/file", "loop": "loop",
		"indir": "sub",
	})
	for name, tc := range map[string]struct{ wrong, fixed string }{
		"out":          {"leads out of", "it is a link"},
		"absent":       {"leads out of", "it is a link"},
		"far":          {"leads out of", "it is a link"},
		"chain":        {"leads out of", "it is a link"},
		"dir/precious": {"leads out of", "leads out of"},
		"dir/new":      {"leads out of", "leads out of"},
		"sub/up":       {"leads out of", "it is a link"},
		"loop":         {"too many links", "it is a link"},
		"in":           {"", "it is a link"},
		"whole":        {"", "it is a link"},
		"deep":         {"", "it is a link"},
		"indir/own":    {"", ""},
	} {
		for file, wrong := range map[File]string{Below(repo, name): tc.wrong, Fixed(repo, name): tc.fixed, Below(repo, filepath.Join(repo, name)): tc.wrong} {
			check(t, name, file, wrong)
		}
	}
	if got := content(filepath.Join(home, "precious")); got != "theirs" {
		t.Errorf("the file outside holds %q", got)
	}
	if entries, _ := os.ReadDir(home); len(entries) != 1 {
		t.Errorf("files were made outside: %v", entries)
	}
}

// check does all that can be done with a file, and wants one error of all.
func check(t *testing.T, name string, file File, wrong string) {
	t.Helper()
	_, createErr := file.Open(os.O_RDWR|os.O_CREATE, 0o600)
	replaceErr := file.Replace([]byte("new"))
	_, readErr := file.Read(100)
	removeErr := error(nil)
	if wrong != "" {
		removeErr = file.Remove()
	}
	for what, err := range map[string]error{"open": createErr, "replace": replaceErr, "read": readErr, "remove": removeErr} {
		switch {
		case wrong == "" && err != nil:
			t.Errorf("%s %s: %v", what, name, err)
		case wrong != "" && err == nil:
			t.Errorf("%s %s (fixed %v): no error, want %q", what, name, file.fixed, wrong)
		case wrong != "" && what != "remove" && !strings.Contains(err.Error(), wrong):
			t.Errorf("%s %s: %v, want %q", what, name, err, wrong)
		}
	}
}

func TestOutside(t *testing.T) {
	repo, home := place(t, map[string]string{"sub/x": "/"})
	for path, outside := range map[string]bool{
		"a": false, "sub/a": false, "./sub/../a": false, filepath.Join(repo, "a"): false, "../repo/a": false,
		"../home/a": true, "sub/../../home/a": true, filepath.Join(home, "a"): true,
	} {
		if got := Below(repo, path).Outside(); got != outside {
			t.Errorf("%s: %v", path, got)
		}
	}
	// a link beside the file that a path outside names stays there too
	if err := os.Symlink("../repo/sub/own", filepath.Join(home, "back")); err != nil {
		t.Fatal(err)
	}
	if err := Below(repo, "../home/back").Replace(nil); err == nil || content(filepath.Join(repo, "sub", "own")) != "ours" {
		t.Errorf("written through a link: %v", err)
	}
}

func TestReplaceNamedFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	link, between, file := filepath.Join(dir, "link"), filepath.Join(dir, "between"), filepath.Join(dir, "sub", "file")
	for from, to := range map[string]string{link: between, between: "sub/file"} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"first", "second"} { // the first has no target yet
		if err := Named(link).Replace([]byte(text)); err != nil || content(file) != text {
			t.Errorf("%q, %v", content(file), err)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if err := Named(filepath.Join(dir, "loop")).Replace(nil); err == nil {
		t.Error("a loop of links was written to")
	}
	// what is beside a file is beside what its link leads to, and is no link itself
	beside, err := Named(link).Beside(".lock")
	if err != nil || beside.Path() != file+".lock" {
		t.Fatalf("%v, %v", beside, err)
	}
	if err := os.Symlink("file", file+".lock"); err != nil {
		t.Fatal(err)
	}
	if _, err := beside.Open(os.O_RDWR|os.O_CREATE, 0o600); err == nil || !strings.Contains(err.Error(), "it is a link") {
		t.Errorf("error %v", err)
	}
}

func TestReplaceKeepsTheMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "file")
	mode := func() os.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	if err := Named(path).Replace(nil); err != nil || mode() != 0o600 {
		t.Errorf("a new file has mode %o, %v", mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Named(path).Replace(nil); err != nil || mode() != 0o640 {
		t.Errorf("mode %o, %v", mode(), err)
	}
	if err := Named(path).ReplacePrivate(nil); err != nil || mode() != 0o600 {
		t.Errorf("a private file has mode %o, %v", mode(), err)
	}
}

func TestReadIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	put(t, path, "12345")
	for _, file := range []File{Named(path), Below(filepath.Dir(path), "file")} {
		if text, err := file.Read(5); err != nil || string(text) != "12345" {
			t.Errorf("%q, %v", text, err)
		}
		if _, err := file.Read(4); err == nil || !strings.Contains(err.Error(), "larger than 4 bytes") {
			t.Errorf("error %v", err)
		}
	}
	if text, err := Named(os.DevNull).Read(10); err != nil || len(text) != 0 {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := Named("/dev/zero").Read(10); err == nil || !strings.Contains(err.Error(), "it is a device") {
		t.Errorf("error %v", err)
	}
}
