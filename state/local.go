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

// NewLocal returns the store of the file at path. Neither the file nor its folder need exist.
func NewLocal(path string) *Local { return &Local{path} }

// Address names the document for people.
func (l *Local) Address() string { return l.path }

// Read implements Store. An empty file is damaged, not absent: a full disk leaves such files.
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

// Write implements Store. It finishes even if its context ends: what was published must be
// recorded.
func (l *Local) Write(_ context.Context, s *Snapshot, since Version) (Version, error) {
	data, err := Encode(s)
	if err != nil {
		return "", err
	}
	defer l.excludeWriters()()
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

// writerWait bounds the wait for another writer; it is many times as long as a write takes.
const writerWait = 10 * time.Second

// excludeWriters keeps other writers out between the check of a file and its replacement, even
// writers that do not take the state's lock, until the returned function is called. It locks the
// folder, because the writer itself already holds the lock file. If the file system cannot lock
// folders, or another writer is suspended for longer than writerWait, the write goes ahead without
// it.
func (l *Local) excludeWriters() (end func()) {
	file, err := followLinks(l.path)
	if err != nil {
		return func() {}
	}
	dir := filepath.Dir(file)
	os.MkdirAll(dir, 0o755) // the write reports why that fails
	folder := flock.New(dir, flock.SetFlag(os.O_RDONLY))
	ctx, cancel := context.WithTimeout(context.Background(), writerWait)
	defer cancel()
	if held, err := folder.TryLockContext(ctx, 10*time.Millisecond); !held || err != nil {
		return func() {}
	}
	return func() { folder.Unlock() }
}

// bytes reads the file. The version of an absent file is empty.
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

// ReadFile reads a whole file or pipe. It refuses devices, which have no end: /dev/zero would fill
// the memory.
func ReadFile(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&fs.ModeDevice != 0 {
		return nil, fmt.Errorf("open %s: it is a device, not a file", path)
	}
	return os.ReadFile(path)
}

// VersionOf returns the version of a document for stores that have no versions themselves: its
// SHA-256.
func VersionOf(data []byte) Version {
	sum := sha256.Sum256(data)
	return Version(hex.EncodeToString(sum[:]))
}

// WriteFile replaces a file completely or not at all, and returns when it is on the disk. A new
// file gets mode 0600, an existing one keeps its mode. A link stays a link, and a missing folder is
// created. A device or a pipe is written to, because a rename would put a file in its place.
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

// tempPrefix returns how the names of the temporary files of a path begin.
func tempPrefix(path string) string { return "." + filepath.Base(path) + ".tmp" }

// writeTemp writes data to a temporary file beside path, to be renamed over it.
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

// syncDir makes a rename in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// followLinks returns the file that a path leads to. The file need not exist.
func followLinks(path string) (string, error) {
	const most = 40 // as many as the kernel follows
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
