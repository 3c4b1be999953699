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

	"github.com/retainctl/retainctl/folder"
)

// MaxDocument is the size of the largest document that is read, in bytes: a state of a million messages of a
// kilobyte, and twice that.
const MaxDocument = 2 << 30

// Local keeps the state in a file, with a kernel lock on a file beside it.
type Local struct {
	file folder.File
	note func(text string)
	lock lock      // that this store holds
	late *LockInfo // of the lock that the first write takes
}

var _ Store = (*Local)(nil)

// NewLocal returns the store of the file at a path that a flag names. Neither the file nor its folder need exist.
func NewLocal(path string) *Local { return NewLocalFile(folder.Named(path), nil) }

// NewLocalFile returns the store of a file, as whoever named it may use it. What the user must know is told to
// note, if there is one.
func NewLocalFile(file folder.File, note func(text string)) *Local {
	if note == nil {
		note = func(string) {}
	}
	return &Local{file: file, note: note}
}

// Address names the document for people.
func (l *Local) Address() string { return l.file.Path() }

// Read implements Store. An empty file is damaged, not absent: a full disk leaves such files.
func (l *Local) Read(context.Context) (*Snapshot, Version, error) {
	data, version, err := l.bytes()
	if err != nil || version == "" {
		return nil, "", err
	}
	s, err := Decode(data)
	if err != nil {
		return nil, version, fmt.Errorf("read state %s: %w", l.Address(), err)
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
	if err := l.mayReplace(); err != nil {
		return "", err
	}
	if err := l.lockLate(); err != nil {
		return "", err
	}
	alone, end := l.excludeWriters()
	defer end()
	_, current, err := l.bytes()
	if err != nil {
		return "", err
	}
	if current != since {
		return "", fmt.Errorf("write state %s: %w", l.Address(), ErrConflict)
	}
	if alone {
		l.file.RemoveLeftovers(DocumentBegin)
	}
	if err := l.file.Replace(data); err != nil {
		return "", fmt.Errorf("write state: %w", err)
	}
	return VersionOf(data), nil
}

// mayReplace refuses to replace a file that a configuration names outside of its folder and that was never a
// state, even if the user forces it. An empty one may have been: a full disk leaves such files.
func (l *Local) mayReplace() error {
	if !l.file.Outside() {
		return nil
	}
	if start, err := l.file.Start(len(DocumentBegin)); err != nil || start != "" && start != DocumentBegin {
		return errors.Join(err, fmt.Errorf("write state: %s is not a state, and not in the folder of the configuration "+
			"that names it; if it may be replaced, pass -state=%[1]s", l.Address()))
	}
	return nil
}

// writerWait bounds the wait for another writer; it is many times as long as a write takes.
const writerWait = 10 * time.Second

// excludeWriters keeps other writers out between the check of a file and its replacement, even
// writers that do not take the state's lock, until the returned function is called. It locks the
// folder, because the writer itself already holds the lock file. If the file system cannot lock
// folders, or another writer is suspended for longer than writerWait, the write goes ahead without
// it, and alone is false.
func (l *Local) excludeWriters() (alone bool, end func()) {
	l.file.MakeFolder(0o755) // the write reports why that fails
	path, err := l.file.Real()
	if err != nil {
		return false, func() {}
	}
	dir := flock.New(filepath.Dir(path), flock.SetFlag(os.O_RDONLY))
	ctx, cancel := context.WithTimeout(context.Background(), writerWait)
	defer cancel()
	if held, err := dir.TryLockContext(ctx, 10*time.Millisecond); !held || err != nil {
		return false, func() {}
	}
	return true, func() { dir.Unlock() }
}

// bytes reads the file. The version of an absent file is empty.
func (l *Local) bytes() ([]byte, Version, error) {
	data, err := l.file.Read(MaxDocument)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read state: %w", err)
	}
	return data, VersionOf(data), nil
}

// VersionOf returns the version of a document for stores that have no versions themselves: its
// SHA-256.
func VersionOf(data []byte) Version {
	sum := sha256.Sum256(data)
	return Version(hex.EncodeToString(sum[:]))
}
