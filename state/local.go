package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Local keeps the state in a file, with a kernel lock on a file beside it.
type Local struct{ path string }

var _ Store = (*Local)(nil)

// NewLocal gives the store of the file at path. Neither the file nor its folder
// need be there.
func NewLocal(path string) *Local { return &Local{path} }

// Address names the document for people.
func (l *Local) Address() string { return l.path }

// Read implements Store. An empty file is not taken for an absent one: a full
// disk leaves such files.
func (l *Local) Read(context.Context) (*Snapshot, Version, error) {
	data, version, err := l.bytes()
	if err != nil || version == "" {
		return nil, "", err
	}
	s, err := Decode(data)
	if err != nil {
		return nil, version, fmt.Errorf("read state %s: %w", l.path, err)
	}
	return s, version, nil
}

// Write implements Store. It finishes even when its context ends: what was
// published must be recorded.
func (l *Local) Write(_ context.Context, s *Snapshot, since Version) (Version, error) {
	data, err := Encode(s)
	if err != nil {
		return "", err
	}
	defer l.alone()()
	_, current, err := l.bytes()
	if err != nil {
		return "", err
	}
	if current != since {
		return "", fmt.Errorf("write state %s: %w", l.path, ErrConflict)
	}
	if err := WriteFile(l.path, data); err != nil {
		return "", fmt.Errorf("write state: %w", err)
	}
	return VersionOf(data), nil
}

// aloneWait is many times as long as a write takes.
const aloneWait = 10 * time.Second

// alone keeps other writers out between the look at a file and its replacement, those
// that do without the state's lock too. It is a lock on the folder: that on the lock
// file is held by whoever writes. A file system that locks no folders goes without, and
// so does who waits for a writer that is suspended.
func (l *Local) alone() (end func()) {
	file, err := followLinks(l.path)
	if err != nil {
		return func() {}
	}
	dir := filepath.Dir(file)
	os.MkdirAll(dir, 0o755) // the write says why that fails
	folder := flock.New(dir, flock.SetFlag(os.O_RDONLY))
	ctx, cancel := context.WithTimeout(context.Background(), aloneWait)
	defer cancel()
	if held, err := folder.TryLockContext(ctx, 10*time.Millisecond); !held || err != nil {
		return func() {}
	}
	return func() { folder.Unlock() }
}

// bytes reads the file; an absent one has no version.
func (l *Local) bytes() ([]byte, Version, error) {
	data, err := ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read state: %w", err)
	}
	return data, VersionOf(data), nil
}

// ReadFile reads a whole file, or a pipe. A device has no end: that of zeros would be
// read until there is no memory left.
func ReadFile(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&fs.ModeDevice != 0 {
		return nil, fmt.Errorf("open %s: it is a device, and no file", path)
	}
	return os.ReadFile(path)
}

// VersionOf gives the version of a document that its store gives none of its own.
func VersionOf(data []byte) Version {
	sum := sha256.Sum256(data)
	return Version(hex.EncodeToString(sum[:]))
}

// WriteFile replaces a file whole or not at all, and returns when the disk has
// it. A new file gets mode 0600, an old one keeps its mode; a link stays a link.
// The folder is made where there is none. A device or a pipe is written to, since
// a rename would put a file in its place.
func WriteFile(path string, data []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeThrough(path, data)
	}
	path, err := followLinks(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return err
	}
	return syncDir(dir)
}

func writeThrough(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// tempPrefix begins the names of the temporary files of a path.
func tempPrefix(path string) string { return "." + filepath.Base(path) + ".tmp" }

// writeTemp writes data beside path, to be renamed over it.
func writeTemp(path string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), tempPrefix(path)+"*") // mode 0600
	if err != nil {
		return "", err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if old, err := os.Stat(path); err == nil {
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			return "", err
		}
	}
	if _, err := f.Write(data); err != nil {
		return "", err
	}
	return f.Name(), f.Sync()
}

// syncDir makes a rename durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// followLinks gives the file that a path leads to, which need not be there.
func followLinks(path string) (string, error) {
	const most = 40 // as the kernel
	for range most {
		target, err := os.Readlink(path)
		if err != nil {
			return path, nil
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return "", fmt.Errorf("open %s: too many links", path)
}
