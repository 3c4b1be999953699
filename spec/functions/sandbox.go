package functions

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/bmatcuk/doublestar/v4"
)

// maxFileSize bounds what one file function reads. A payload is far smaller; the
// bound keeps a plan of an untrusted pull request from filling the memory.
const maxFileSize = 64 << 20

// Sandbox reads files below the configuration's root and no others. Plans run on
// untrusted pull requests: a message whose payload is file("/etc/shadow") would
// otherwise end up in a comment. os.Root holds this for symbolic links too, and
// without a moment between the check and the opening.
type Sandbox struct {
	root *os.Root
	dir  string // absolute
	most int    // how many entries one Glob looks at
}

// OpenSandbox opens the configuration's root. Close releases it.
func OpenSandbox(rootDir string) (*Sandbox, error) {
	dir, err := filepath.Abs(rootDir)
	if err != nil {
		return nil, fmt.Errorf("find the configuration's root %s: %w", rootDir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the configuration's root: %w", err)
	}
	return &Sandbox{root: root, dir: dir, most: maxListed}, nil
}

// Dir returns the absolute path of the root.
func (s *Sandbox) Dir() string { return s.dir }

// Close releases the root. No file can be read after it.
func (s *Sandbox) Close() error { return s.root.Close() }

// ReadFile reads the file name, which is relative to dir. dir is the folder of a
// module: absolute, or relative to the root.
func (s *Sandbox) ReadFile(dir, name string) ([]byte, error) {
	at, err := s.resolve(dir, name)
	if err != nil {
		return nil, err
	}
	f, err := s.open(at, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, reason(err))
	}
	if len(data) > maxFileSize {
		return nil, fmt.Errorf("%s is larger than %d MiB, the most that a function reads; split it", name, maxFileSize>>20)
	}
	return data, nil
}

// open opens a regular file. O_NONBLOCK: opening a named pipe would wait for a
// writer for ever, before its type can be seen.
func (s *Sandbox) open(at, name string) (*os.File, error) {
	f, err := s.root.OpenFile(at, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, s.explain(name, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = notRegular(name, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Exists reports whether name is a file. Anything else of that name is an error:
// false would say that it can be created.
func (s *Sandbox) Exists(dir, name string) (bool, error) {
	at, err := s.resolve(dir, name)
	if err != nil {
		return false, err
	}
	info, err := s.root.Stat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, s.explain(name, err)
	case !info.Mode().IsRegular():
		return false, notRegular(name, info)
	}
	return true, nil
}

// List returns the names of a folder's files, sorted. dir is relative to the root.
func (s *Sandbox) List(dir string) ([]string, error) {
	at, err := s.resolve(".", dir)
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(s.root.FS(), at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s", dir)
	case err != nil:
		return nil, fmt.Errorf("list the folder %s: %w; links out of the configuration's folder are not followed", dir, reason(err))
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Glob lists the regular files below the folder name that match pattern, as
// slash-separated paths relative to that folder. If there is no such
// folder, there are no files.
func (s *Sandbox) Glob(dir, name, pattern string) ([]string, error) {
	at, err := s.resolve(dir, name)
	if err != nil {
		return nil, err
	}
	if _, err := s.resolve(at, pattern); err != nil {
		return nil, err
	}
	if _, err := s.root.Stat(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, s.explain(name, err)
	}
	below, err := fs.Sub(s.root.FS(), at)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", name, reason(err))
	}
	names, err := doublestar.Glob(&listing{FS: below, most: s.most}, path.Clean(pattern), doublestar.WithFailOnIOErrors())
	if err != nil {
		return nil, fmt.Errorf("list the files that match %q: %w", pattern, reason(err))
	}
	return slices.DeleteFunc(names, func(n string) bool {
		info, err := fs.Stat(below, n)
		return err != nil || !info.Mode().IsRegular()
	}), nil
}

// maxListed bounds what one pattern looks at: ** follows links to folders, as
// Terraform's does, and two links to their own folder are 2^n paths.
const maxListed = 100_000

// listing is a file system that gives up after most entries. What cannot be
// read, a link out of the root above all, is not there.
type listing struct {
	fs.FS
	seen, most int
}

func (l *listing) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(l.FS, name)
	if err != nil {
		return nil, fs.ErrNotExist
	}
	if l.seen += len(entries) + 1; l.seen > l.most {
		return nil, fmt.Errorf("it leads through more than %d files; begin the pattern with a folder, and look for links that lead back up", l.most)
	}
	return entries, nil
}

func (l *listing) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(l.FS, name)
	if err != nil {
		return nil, fs.ErrNotExist
	}
	return info, nil
}

// resolve returns the path of name below the root.
func (s *Sandbox) resolve(dir, name string) (string, error) {
	if filepath.IsAbs(dir) {
		rel, err := filepath.Rel(s.dir, dir)
		if err != nil {
			return "", fmt.Errorf("find the module's folder %s: %w", dir, err)
		}
		dir = rel
	}
	if filepath.IsAbs(name) || name == "~" || strings.HasPrefix(name, "~/") {
		return "", fmt.Errorf("%s is outside the configuration's folder: functions read files below it only; copy the file there and name it relative to this folder", name)
	}
	at := path.Join(filepath.ToSlash(dir), filepath.ToSlash(name))
	if !filepath.IsLocal(filepath.FromSlash(at)) {
		return "", fmt.Errorf("%s leads out of the configuration's folder: functions read files below it only; copy the file there", name)
	}
	return at, nil
}

func (s *Sandbox) explain(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %s; it must stand in the configuration's folder before the plan starts", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be read by this user: %w", name, reason(err))
	}
	return fmt.Errorf("open %s: %w; links out of the configuration's folder are not followed", name, reason(err))
}

func notRegular(name string, info fs.FileInfo) error {
	if info.IsDir() {
		return fmt.Errorf("%s is a folder, not a file; fileset lists its files", name)
	}
	return fmt.Errorf("%s is not a regular file (%s)", name, info.Mode().Type())
}

// reason strips the operation and the path: the message names the file as the
// author wrote it, not where it is on this machine.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
