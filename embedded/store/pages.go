package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"slices"

	"go.etcd.io/bbolt"
)

// checkPages walks the file's tree before bbolt does. bbolt trusts its pages. A flipped bit can
// make it loop until the stack overflows, which nothing can recover from, or miss a key, so that a
// plan would take a message for absent. It overwrites a page that is free by mistake.
func (s *Store) checkPages() error {
	return s.db.View(func(tx *bbolt.Tx) error {
		size := s.db.Info().PageSize
		info, err := s.file.Stat()
		switch {
		case err != nil:
			return err
		case info.Size() < tx.Size():
			return fmt.Errorf("it is damaged: it has %d bytes and says that it has %d; restore a copy",
				info.Size(), tx.Size())
		}
		w := walk{file: s.file, size: size, seen: make([]bool, tx.Size()/int64(size))}
		if err := w.all(uint64(tx.Cursor().Bucket().Root())); err != nil {
			return fmt.Errorf("it is damaged (%w); restore a copy, or move it away to start with an empty broker", err)
		}
		return nil
	})
}

// all visits the tree and the list of free pages. Each page must be in exactly one of them.
func (w *walk) all(root uint64) error {
	free, err := w.meta()
	if err != nil {
		return err
	}
	if err := w.page(root, bounds{}); err != nil {
		return err
	}
	if err := w.freelist(free); err != nil {
		return err
	}
	if lost := slices.Index(w.seen[2:], false); lost >= 0 {
		return fmt.Errorf("page %d is neither used nor free", lost+2)
	}
	return nil
}

// meta checks both of the file's first pages and returns the page of the free list. bbolt needs
// only one of them, and so goes back to before the last write if the newer one is damaged.
func (w *walk) meta() (free uint64, err error) {
	newest := uint64(0)
	for id := range 2 {
		p := make([]byte, 80)
		if _, err := w.file.ReadAt(p, int64(id)*int64(w.size)); err != nil {
			return 0, err
		}
		sum := fnv.New64a()
		sum.Write(p[16:72])
		if order.Uint64(p[72:]) != sum.Sum64() {
			return 0, fmt.Errorf("page %d does not match its checksum", id)
		}
		if tx := order.Uint64(p[64:]); tx >= newest {
			newest, free = tx, order.Uint64(p[48:])
		}
	}
	return free, nil
}

// freelist marks the free pages, and the pages that list them.
func (w *walk) freelist(id uint64) error {
	p, err := w.take(id)
	if err != nil {
		return err
	}
	ids := p[pageHeader:]
	n := uint64(order.Uint16(p[10:]))
	if n == 0xffff {
		n, ids = order.Uint64(ids), ids[8:]
	}
	if order.Uint16(p[8:]) != freelistFlag || n > uint64(len(ids)/8) {
		return fmt.Errorf("page %d does not list the free pages", id)
	}
	for i := range n {
		if free := order.Uint64(ids[8*i:]); free >= uint64(len(w.seen)) || w.seen[free] || free < 2 {
			return fmt.Errorf("page %d is free and used", free)
		} else {
			w.seen[free] = true
		}
	}
	return nil
}

// walk visits every page of the tree once. The layout is that of bbolt's format version 2, in the
// machine's byte order: a header of 16 bytes (id, flags, count, overflow), then an element of 16
// bytes for each key.
type walk struct {
	file io.ReaderAt
	size int
	seen []bool
}

// bounds are a page's first key, and the key that all its keys are below; nil is any.
type bounds struct{ from, to []byte }

const (
	pageHeader  = 16
	elementSize = 16
	branchFlag  = 1
	leafFlag    = 2
	bucketFlag  = 1

	freelistFlag = 16
)

var order = binary.NativeEndian

func (w *walk) page(id uint64, b bounds) error {
	p, err := w.take(id)
	if err != nil {
		return err
	}
	if err := w.elements(p, b); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// take reads a page with its overflow pages, and marks each as used.
func (w *walk) take(id uint64) ([]byte, error) {
	if id < 2 || id >= uint64(len(w.seen)) {
		return nil, fmt.Errorf("page %d is out of range", id)
	}
	head := make([]byte, pageHeader)
	if _, err := w.file.ReadAt(head, int64(id)*int64(w.size)); err != nil {
		return nil, err
	}
	span := uint64(order.Uint32(head[12:])) + 1
	if order.Uint64(head) != id || id+span > uint64(len(w.seen)) {
		return nil, fmt.Errorf("page %d has a wrong header", id)
	}
	for i := id; i < id+span; i++ {
		if w.seen[i] {
			return nil, fmt.Errorf("page %d is used twice", i)
		}
		w.seen[i] = true
	}
	p := make([]byte, int(span)*w.size)
	_, err := w.file.ReadAt(p, int64(id)*int64(w.size))
	return p, err
}

// elements checks a page's keys, and the pages below them. A branch's key is the first key of the
// page below: by it bbolt finds the branch again when it writes.
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
		switch {
		case !ok:
			return fmt.Errorf("element %d is longer than the page", i)
		case i == 0 && b.from != nil && !bytes.Equal(key, b.from),
			i > 0 && bytes.Compare(key, keys[i-1]) <= 0,
			b.to != nil && bytes.Compare(key, b.to) >= 0:
			return fmt.Errorf("key %d is out of order", i)
		}
		keys[i] = key
	}
	keys[count] = b.to
	for i := range count {
		var err error
		if flags == branchFlag {
			err = w.page(order.Uint64(p[pageHeader+i*elementSize+8:]), bounds{keys[i], keys[i+1]})
		} else {
			err = w.leaf(p, i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// element returns the key of an element, after a check that its key and value lie within the page.
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

// leaf descends into a nested bucket. Its page is elsewhere, or in its value if it is small.
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
	return fmt.Errorf("bucket %d is not a leaf", i)
}
