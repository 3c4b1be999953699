package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/gofrs/flock"

	"github.com/retainctl/retainctl/folder"
)

// lock is a kernel lock and the file that says who holds it. Its zero value is held by nobody.
type lock struct {
	kernel *flock.Flock
	file   *os.File
}

// Lock implements Store by a kernel lock, which ends with its process. It cannot be lost while the
// process lives. The lock file is emptied and kept when the lock is released: if it were removed,
// two processes could hold locks on two files of one name.
//
// Outside of the configuration's folder a lock file is made only beside a state, or for what is approved: a
// configuration that nobody has reviewed may name any path. Otherwise the first write takes the lock, because
// then somebody approved it.
func (l *Local) Lock(ctx context.Context, info LockInfo) (held context.Context, unlock func(context.Context) error, err error) {
	first := false // the first thing of ours outside of the folder
	if l.file.Outside() {
		ours, err := l.file.Begins(DocumentBegin)
		first = !ours
		if err == nil && first && info.Approved {
			err = l.mayReplace()
		}
		if err != nil {
			return nil, nil, fmt.Errorf("lock state: %w", err)
		}
	}
	if first && !info.Approved {
		l.late = &info
		l.note(fmt.Sprintf("Note: %s is outside of the configuration's folder and there is no state yet, so it is "+
			"not locked before an apply writes it.", l.Address()))
		return ctx, l.unlock, nil
	}
	if err := l.takeLock(info); err != nil {
		return nil, nil, err
	}
	if first {
		l.noteOutside()
	}
	return ctx, l.unlock, nil
}

// noteOutside says where the state is, the first time that it is written outside of the folder.
func (l *Local) noteOutside() {
	l.note(fmt.Sprintf("Note: the state is kept in %s, outside of the configuration's folder.", l.Address()))
}

// lockLate takes the lock that Lock did not, before the first write.
func (l *Local) lockLate() error {
	if l.late == nil {
		return nil
	}
	if err := l.takeLock(*l.late); err != nil {
		return err
	}
	l.late = nil
	l.noteOutside()
	return nil
}

func (l *Local) takeLock(info LockInfo) error {
	taken, err := l.tryLock(os.O_CREATE)
	if err != nil {
		return err
	}
	if err := taken.say(info); err != nil {
		taken.release()
		return fmt.Errorf("lock state: %w; -lock=false works without a lock", err)
	}
	l.lock = taken
	return nil
}

func (l *Local) unlock(context.Context) error {
	taken := l.lock
	l.lock, l.late = lock{}, nil
	if taken.kernel == nil {
		return nil
	}
	erased := taken.file.Truncate(0)
	if err := taken.release(); err != nil {
		return fmt.Errorf("unlock state: %w", err)
	}
	return erased
}

// tryLock takes the kernel lock. The flag os.O_CREATE has a missing lock file created.
func (l *Local) tryLock(create int) (taken lock, err error) {
	at, err := l.file.Beside(".lock") // two links to one state share one lock
	if err != nil {
		return lock{}, fmt.Errorf("lock state: %w", err)
	}
	taken.file, err = at.Open(os.O_RDWR|create, 0o600)
	if err != nil {
		return lock{}, fmt.Errorf("lock state: %w; -lock=false works without a lock", err)
	}
	holder, err := readLock(taken.file)
	if err == nil {
		taken.kernel, err = kernelLock(at, taken.file)
	}
	if err != nil || taken.kernel == nil {
		taken.file.Close()
	}
	switch {
	case err != nil:
		return lock{}, fmt.Errorf("lock state: %w; -lock=false works without a lock", err)
	case taken.kernel == nil:
		return lock{}, &LockedError{Holder: holder}
	}
	return taken, nil
}

// kernelLock locks an open file; nil if somebody else holds the lock. The lock is taken on the path, so it is
// compared with the file.
func kernelLock(at folder.File, file *os.File) (*flock.Flock, error) {
	path, err := at.Real()
	if err != nil {
		return nil, err
	}
	kernel := flock.New(path, flock.SetFlag(os.O_RDWR))
	if held, err := kernel.TryLock(); err != nil || !held {
		return nil, err
	}
	one, errOne := kernel.Stat()
	other, errOther := file.Stat()
	if err := errors.Join(errOne, errOther); err != nil || !os.SameFile(one, other) {
		kernel.Unlock()
		return nil, errors.Join(err, fmt.Errorf("%s was replaced while it was locked", path))
	}
	return kernel, nil
}

// say writes into the locked file who holds it. A rename would replace it by a file that nobody holds.
func (k lock) say(info LockInfo) error {
	data, err := json.Marshal(info)
	if err == nil {
		err = k.file.Truncate(0)
	}
	if err == nil {
		_, err = k.file.WriteAt(append(data, '\n'), 0)
	}
	return err
}

func (k lock) release() error { return errors.Join(k.kernel.Unlock(), k.file.Close()) }

// maxLock is the size of the largest lock file, in bytes.
const maxLock = 64 << 10

// lockBegin is how a lock file begins that is not empty.
const lockBegin = `{"ID":"`

// readLock returns who holds a lock, or the zero LockInfo if the holder has not written it yet. It refuses a
// file that is not a lock, because a lock empties it.
func readLock(file *os.File) (info LockInfo, err error) {
	data, err := io.ReadAll(io.NewSectionReader(file, 0, maxLock+1))
	if err != nil {
		return info, err
	}
	text := string(data)
	if len(text) > maxLock || !strings.HasPrefix(text, lockBegin) && !strings.HasPrefix(lockBegin, text) {
		return info, fmt.Errorf("%s is not a lock: it is neither empty nor written by retainctl; move it away",
			file.Name())
	}
	json.Unmarshal(data, &info)
	return info, nil
}

// ForceUnlock implements Store. It only returns an error that says what to do: a kernel lock
// belongs to a running process, and no other process can release it.
func (l *Local) ForceUnlock(context.Context, string) error {
	taken, err := l.tryLock(0)
	if held := (*LockedError)(nil); errors.As(err, &held) {
		return fmt.Errorf("%s. A lock on a file belongs to a running process and is released when that ends: end "+
			"the process", held.describe())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotLocked
	}
	if err != nil {
		return err
	}
	taken.release()
	return ErrNotLocked
}
