package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// checkPages walks the file's tree before bbolt does. bbolt trusts its pages: a
// flipped bit can send it round in circles until the stack overflows, which
// nothing can recover from, or past a key that is there, so that a plan would
// take a message for absent.
func (s *Store) checkPages() error {
	return s.db.View(func(tx *bbolt.Tx) error {
		size := s.db.Info().PageSize
		info, err := s.file.Stat()
		switch {
		case err != nil:
			return err
		case info.Size() < tx.Size():
			return fmt.Errorf("it is damaged: it has %d bytes and says that it has %d; restore a copy", info.Size(), tx.Size())
		}
		w := walk{file: s.file, size: size, seen: make([]bool, tx.Size()/int64(size))}
		if err := w.page(uint64(tx.Cursor().Bucket().Root()), bounds{}); err != nil {
			return fmt.Errorf("it is damaged (%w); restore a copy, or move it away to start with an empty broker", err)
		}
		return nil
	})
}

// walk visits every page of the tree once. The layout is that of bbolt's format
// version 2, in the machine's own byte order: a header of 16 bytes (id, flags,
// count, overflow), then an element of 16 bytes for each key.
type walk struct {
	file io.ReaderAt
	size int
	seen []bool
}

// bounds are between which keys a page's own must lie; nil is open.
type bounds struct{ from, to []byte }

const (
	pageHeader  = 16
	elementSize = 16
	branchFlag  = 1
	leafFlag    = 2
	bucketFlag  = 1
)

var order = binary.NativeEndian

func (w *walk) page(id uint64, b bounds) error {
	if id < 2 || id >= uint64(len(w.seen)) {
		return fmt.Errorf("page %d is out of range", id)
	}
	head := make([]byte, pageHeader)
	if _, err := w.file.ReadAt(head, int64(id)*int64(w.size)); err != nil {
		return err
	}
	span := uint64(order.Uint32(head[12:])) + 1
	if order.Uint64(head) != id || id+span > uint64(len(w.seen)) {
		return fmt.Errorf("page %d has a wrong header", id)
	}
	for i := id; i < id+span; i++ {
		if w.seen[i] {
			return fmt.Errorf("page %d is used twice", i)
		}
		w.seen[i] = true
	}
	p := make([]byte, int(span)*w.size)
	if _, err := w.file.ReadAt(p, int64(id)*int64(w.size)); err != nil {
		return err
	}
	if err := w.elements(p, b); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// elements checks a page's keys, and what is below them.
func (w *walk) elements(p []byte, b bounds) error {
	flags, count := order.Uint16(p[8:]), int(order.Uint16(p[10:]))
	if flags != branchFlag && flags != leafFlag || flags == branchFlag && count == 0 {
		return fmt.Errorf("it is neither branch nor leaf")
	}
	if pageHeader+count*elementSize > len(p) {
		return fmt.Errorf("it has %d elements", count)
	}
	keys := make([][]byte, count+1)
	for i := range count {
		key, ok := element(p, flags, i)
		if !ok {
			return fmt.Errorf("element %d is longer than the page", i)
		}
		low := b.from
		if i > 0 {
			low = keys[i-1]
		}
		// A branch's first key may lag behind what was put in front of it.
		if i > 0 && bytes.Compare(key, low) <= 0 || flags == leafFlag && bytes.Compare(key, low) < 0 || b.to != nil && bytes.Compare(key, b.to) >= 0 {
			return fmt.Errorf("key %d is out of order", i)
		}
		keys[i] = key
	}
	keys[count] = b.to
	for i := range count {
		var err error
		if flags == branchFlag {
			below := bounds{keys[i], keys[i+1]}
			if i == 0 {
				below.from = b.from
			}
			err = w.page(order.Uint64(p[pageHeader+i*elementSize+8:]), below)
		} else {
			err = w.leaf(p, i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// element gives the key of an element whose key and value lie within the page.
func element(p []byte, flags uint16, i int) (key []byte, ok bool) {
	at := pageHeader + i*elementSize
	pos, ksize, vsize := order.Uint32(p[at:]), order.Uint32(p[at+4:]), uint32(0)
	if flags == leafFlag {
		pos, ksize, vsize = order.Uint32(p[at+4:]), order.Uint32(p[at+8:]), order.Uint32(p[at+12:])
	}
	start := uint64(at) + uint64(pos)
	if start+uint64(ksize)+uint64(vsize) > uint64(len(p)) {
		return nil, false
	}
	return p[start : start+uint64(ksize)], true
}

// leaf goes into a nested bucket: its page stands elsewhere, or in its value when
// it is small.
func (w *walk) leaf(p []byte, i int) error {
	at := pageHeader + i*elementSize
	if order.Uint32(p[at:])&bucketFlag == 0 {
		return nil
	}
	start := at + int(order.Uint32(p[at+4:])) + int(order.Uint32(p[at+8:]))
	value := p[start : start+int(order.Uint32(p[at+12:]))]
	if len(value) < 16 {
		return fmt.Errorf("bucket %d is too short", i)
	}
	if root := order.Uint64(value); root != 0 {
		return w.page(root, bounds{})
	}
	if inline := value[16:]; len(inline) >= pageHeader && order.Uint16(inline[8:]) == leafFlag {
		return w.elements(inline, bounds{})
	}
	return fmt.Errorf("bucket %d is no leaf", i)
}
