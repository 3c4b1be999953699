package folder

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Replace replaces a file completely or not at all, and returns when it is on the disk. A new file gets mode
// 0600, an existing one keeps its mode. A missing folder is created. If a flag names a device or a pipe, it is
// written to, because a rename would put a file in its place.
func (f File) Replace(data []byte) error { return f.replace(data, true) }

// ReplacePrivate is Replace for a file that only its owner may read, whatever it replaces.
func (f File) ReplacePrivate(data []byte) error { return f.replace(data, false) }

func (f File) replace(data []byte, keepMode bool) error {
	if f.root == "" {
		if info, err := os.Stat(f.path); err == nil && !info.Mode().IsRegular() {
			return writeThrough(f.path, data)
		}
	}
	return f.within(true, 0o755, func(in *os.Root, name string) error {
		mode := fs.FileMode(0o600)
		old, err := in.Lstat(name)
		if err == nil && !old.Mode().IsRegular() {
			return fmt.Errorf("open %s: it is not a regular file, but %s", f.path, kind(old.Mode()))
		}
		if err == nil && keepMode {
			mode = old.Mode().Perm()
		}
		temp, err := writeTemp(in, name, data, mode)
		if err != nil {
			return err
		}
		if err := in.Rename(temp, name); err != nil {
			in.Remove(temp)
			return err
		}
		return syncFolder(in, filepath.Dir(name))
	})
}

func writeThrough(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// tempPrefix returns how the temporary names of a file begin; digits follow.
func tempPrefix(name string) string { return "." + filepath.Base(name) + ".tmp" }

// writeTemp writes data to a temporary file beside the file name, to be renamed to it.
func writeTemp(in *os.Root, name string, data []byte, mode fs.FileMode) (_ string, err error) {
	file, temp, err := createTemp(in, name)
	if err != nil {
		return "", err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			in.Remove(temp)
		}
	}()
	if err := file.Chmod(mode); err != nil {
		return "", err
	}
	if _, err := file.Write(data); err != nil {
		return "", err
	}
	return temp, file.Sync()
}

func createTemp(in *os.Root, name string) (*os.File, string, error) {
	for {
		temp := filepath.Join(filepath.Dir(name), tempPrefix(name)+strconv.FormatUint(uint64(rand.Uint32()), 10))
		file, err := in.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return file, temp, err
		}
	}
}

// syncFolder makes a rename in a folder durable.
func syncFolder(in *os.Root, dir string) error {
	d, err := in.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// MakeFolder creates the folder that the file is in, with those above it.
func (f File) MakeFolder(perm fs.FileMode) error {
	return f.within(true, perm, func(*os.Root, string) error { return nil })
}

// Remove removes a regular file.
func (f File) Remove() error {
	return f.within(false, 0, func(in *os.Root, name string) error {
		if info, err := in.Lstat(name); err != nil || !info.Mode().IsRegular() {
			return errors.Join(err, fs.ErrInvalid)
		}
		return in.Remove(name)
	})
}

// RemoveLeftovers removes what writers of the file left that were killed: the temporary files whose content
// begins as the file's content does, as far as it was written. It ignores what it cannot remove.
func (f File) RemoveLeftovers(begin string) {
	f.within(false, 0, func(in *os.Root, name string) error {
		dir := filepath.Dir(name)
		entries, err := fs.ReadDir(in.FS(), filepath.ToSlash(filepath.Clean(dir)))
		for _, entry := range entries {
			temp := filepath.Join(dir, entry.Name())
			if number, ok := strings.CutPrefix(entry.Name(), tempPrefix(name)); ok && entry.Type().IsRegular() &&
				strings.Trim(number, "0123456789") == "" && beginsAs(in, temp, begin) {
				in.Remove(temp)
			}
		}
		return err
	})
}

// beginsAs reports whether a file begins with a text, or is a beginning of it.
func beginsAs(in *os.Root, name, text string) bool {
	file, err := in.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	start, err := firstBytes(file, len(text))
	return err == nil && bytes.HasPrefix([]byte(text), start)
}
