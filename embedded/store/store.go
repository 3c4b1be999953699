// Package store keeps the embedded broker's retained messages in one bbolt file.
//
// The file is the broker: it holds the identity that the state pins, and Put returns when its
// transaction is on the disk, so an acknowledgement proves storage. Expiry is kept as an absolute
// time, so it goes on while no process runs.
//
// One process writes at a time; a second one gets an error that says who may have the file open.
// Whatever the file contains, the worst outcome is an error.
package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterr "go.etcd.io/bbolt/errors"

	"github.com/retainctl/retainctl/folder"
)

// Options say how Open opens a file.
type Options struct {
	// ReadOnly opens the file without ever writing to it: a missing file stays missing and reads as
	// empty.
	ReadOnly bool
	// Wait is how long to wait for another process that has the file open; 0 means two seconds.
	Wait time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Store is an open file. Its methods may be called concurrently.
type Store struct {
	at   folder.File
	path string // absolute
	id   string
	now  func() time.Time
	file *os.File
	db   *bbolt.DB // nil if the file does not exist and is not to be created
	// broken is set after bbolt panicked: its locks may be held forever, so it must not be called
	// again.
	broken atomic.Pointer[error]
}

// The buckets: meta describes the file, messages holds records by topic, and expiry holds empty
// values by expiry time and topic.
var (
	metaBucket    = []byte("retainctl")
	messageBucket = []byte("messages")
	expiryBucket  = []byte("expiry")

	formatKey = []byte("format")
	idKey     = []byte("id")
	countKey  = []byte("count")

	format = []byte("retainctl broker 1")
)

// Errors that callers distinguish.
var (
	ErrInUse    = errors.New("it is in use: a `retainctl broker` or another run has it open")
	ErrReadOnly = errors.New("it was opened for reading only")
)

// Open opens the file at a path that a flag names, as OpenFile does.
func Open(path string, o Options) (*Store, error) { return OpenFile(folder.Named(path), o) }

// OpenFile opens a file, as whoever named it may use it. It creates a missing file and its folder, unless the
// options say ReadOnly.
func OpenFile(at folder.File, o Options) (*Store, error) {
	abs, err := filepath.Abs(at.Path())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", at.Path(), err)
	}
	s := &Store{at: at, path: abs, now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	if o.ReadOnly && s.empty() {
		s.id = newID(abs)
		return s, nil
	}
	if !o.ReadOnly {
		if err := at.MakeFolder(0o700); err != nil {
			return nil, fmt.Errorf("create the folder of %s: %w", at.Path(), err)
		}
	}
	if err := s.open(o); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// empty reports whether there is nothing to read: the file is missing, or its writer was killed
// while it created it.
func (s *Store) empty() bool {
	f, err := s.at.Open(os.O_RDONLY, 0)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	info, err := f.Stat()
	return err == nil && info.Size() == 0
}

func (s *Store) open(o Options) error {
	wait := o.Wait
	if wait == 0 {
		wait = 2 * time.Second
	}
	return s.guard("open", func() error {
		db, err := bbolt.Open(s.path, 0o600, &bbolt.Options{
			ReadOnly: o.ReadOnly,
			Timeout:  wait,
			OpenFile: s.openFile,
		})
		if err != nil {
			return explain(err)
		}
		s.db = db
		if err := s.checkPages(); err != nil {
			return err
		}
		return s.begin(o.ReadOnly)
	})
}

// openFile keeps the handle, so that Close can release the kernel's lock even if bbolt must not be
// called any more.
func (s *Store) openFile(_ string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := s.at.Open(flag, mode)
	s.file = f
	return f, err
}

// explain turns bbolt's terse errors into ones that a user can act on.
func explain(err error) error {
	switch {
	case errors.Is(err, bolterr.ErrTimeout):
		return fmt.Errorf("%w; wait for it or stop it, or use its MQTT port instead of its file", ErrInUse)
	case errors.Is(err, bolterr.ErrInvalid), errors.Is(err, bolterr.ErrChecksum), errors.Is(err, bolterr.ErrVersionMismatch):
		return fmt.Errorf("it is damaged, or not a broker file (%w); restore a copy, or move it away to start with an "+
			"empty broker", err)
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// begin checks that the file is ours, and initialises a new one.
func (s *Store) begin(readOnly bool) error {
	var fresh bool
	err := s.db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if meta == nil {
			first, _ := tx.Cursor().First()
			if fresh = first == nil; fresh {
				return nil
			}
			return errors.New("it is some other program's bbolt file; name another path")
		}
		if got := meta.Get(formatKey); !bytes.Equal(got, format) {
			return fmt.Errorf("its format is %q, and this version knows %q; use the version that wrote it", got, format)
		}
		if tx.Bucket(messageBucket) == nil || tx.Bucket(expiryBucket) == nil {
			return errors.New("it is damaged: a bucket is missing")
		}
		id, sum, _ := strings.Cut(string(meta.Get(idKey)), " ")
		if sum != checksum(id) {
			return errors.New("it is damaged: its id does not match its checksum; restore a copy")
		}
		s.id = id
		return checkRecords(tx)
	})
	switch {
	case err != nil || !fresh:
		return err
	case readOnly:
		s.id = newID(s.path)
		err = s.db.Close()
		s.db = nil
		return err
	}
	return s.create()
}

func (s *Store) create() error {
	s.id = newID(s.path)
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{messageBucket, expiryBucket} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		return errors.Join(meta.Put(formatKey, format), meta.Put(idKey, []byte(s.id+" "+checksum(s.id))))
	})
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(s.path))
}

// syncFolder makes the name of a new file as durable as its content.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// newID returns the id that a file at path gets when it is created. It is computed from the path,
// so every plan before the first apply names the broker that this apply will create. Afterwards it
// stays with the file, even if the file moves.
func newID(path string) string {
	dir, rest := filepath.Dir(path), filepath.Base(path)
	for {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			path = filepath.Join(real, rest)
			break
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir, rest = filepath.Dir(dir), filepath.Join(filepath.Base(dir), rest)
	}
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:16])
}

func checksum(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:4])
}

// ID returns the broker's identity: that in the file, or the one that the file will get.
func (s *Store) ID() string { return s.id }

// Close closes the file and releases its lock.
func (s *Store) Close() error {
	var err error
	if s.db != nil && s.broken.Load() == nil {
		err = s.guard("close", s.db.Close)
	}
	if s.file != nil {
		// If bbolt failed, this releases the lock. Otherwise the file is already closed.
		unlock(s.file)
		s.file.Close()
	}
	return err
}

// guard runs a function that calls bbolt, and turns its panics into errors. bbolt trusts its file:
// a damaged page makes it panic, or fault on the mapped memory, which guard turns into a panic.
func (s *Store) guard(verb string, do func() error) (err error) {
	if broken := s.broken.Load(); broken != nil {
		return *broken
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s %s: it is damaged (%v); restore a copy, or move it away to start with an empty broker",
				verb, s.path, r)
			s.broken.Store(&err)
		}
	}()
	if err := do(); err != nil {
		return fmt.Errorf("%s %s: %w", verb, s.path, err)
	}
	return nil
}
