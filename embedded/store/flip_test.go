package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/retainctl/retainctl/mqtt"
)

// small returns a file that has every kind of page and is short enough to damage every bit of it:
// its pages have 1,024 bytes.
func small(tb testing.TB) []byte {
	path := filepath.Join(tb.TempDir(), "small.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: 1024})
	if err != nil {
		tb.Fatal(err)
	}
	db.Close()
	return filled(tb, path, 12, 2000)
}

// told is everything that a store says about its content.
type told struct {
	ID      string
	Count   int
	Entries []Entry
	Single  []Entry
}

// ask reads everything from a file. The error names what is damaged.
func ask(path string, readOnly bool) (t told, s *Store, err error) {
	s, err = Open(path, Options{ReadOnly: readOnly, Now: newClock().Now, Wait: time.Nanosecond})
	if err != nil {
		return t, nil, err
	}
	t.ID = s.ID()
	if t.Count, err = s.Count(); err != nil {
		return t, s, err
	}
	if t.Entries, _, err = s.List("", 1000); err != nil {
		return t, s, err
	}
	for i := range 13 {
		e, _, err := s.Get(fmt.Sprintf("t/%03d", i))
		if err != nil {
			return t, s, err
		}
		t.Single = append(t.Single, e)
	}
	return t, s, nil
}

// fastDir returns a folder in memory if there is one: an fsync to a disk takes longer than
// everything else.
func fastDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "retainctl")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// A file with any one bit flipped, or cut off anywhere, is reported as damaged or reads exactly as
// before, and stores a message without losing another.
func TestEveryFlip(t *testing.T) {
	file := small(t)
	path := filepath.Join(fastDir(t), "b.db")
	put := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(file)
	want, s, err := ask(path, true)
	if err != nil || want.Count != 11 || len(want.Entries) != 11 {
		t.Fatalf("%+v, %v", want, err)
	}
	s.Close()
	detected, harmless := 0, 0
	try := func(what string, data []byte) {
		t.Helper()
		put(data)
		got, s, err := ask(path, true)
		if s != nil {
			s.Close()
		}
		if err != nil {
			detected++
			return
		}
		harmless++
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: it says %d messages, %d listed, where it said %d", what, got.Count, len(got.Entries), want.Count)
			return
		}
		if s, err = Open(path, Options{Now: newClock().Now}); err != nil {
			return
		}
		err = s.Put([]mqtt.Message{text("new", "x")})
		s.Close()
		if err != nil {
			return
		}
		got, s, err = ask(path, true)
		if s != nil {
			s.Close()
		}
		if err != nil || got.Count != want.Count+1 || !reflect.DeepEqual(got.Single, want.Single) {
			t.Errorf("%s: a message more, and it says %d messages, %v", what, got.Count, err)
		}
	}
	start := time.Now()
	every := 37 // bits; "make test-damage" flips each of them
	if os.Getenv("EVERY_BIT") != "" {
		every = 1
	}
	first := rand.IntN(every)
	t.Logf("bits %d, %d, ...", first, first+every)
	for at := first; at < 8*len(file); at += every {
		n, bit := at/8, at%8
		file[n] ^= 1 << bit
		try(fmt.Sprintf("byte %d (page %d, %d), bit %d", n, n/1024, n%1024, bit), file)
		file[n] ^= 1 << bit
	}
	for n := 1; n < len(file); n += every {
		try(fmt.Sprintf("cut off at %d", n), file[:n])
	}
	t.Logf("%d bytes: %d detected, %d harmless, in %v", len(file), detected, harmless, time.Since(start).Round(time.Second))
}

// What bbolt itself writes is never taken for damage, in whatever order topics are added and
// removed.
func TestSoundFilesOpen(t *testing.T) {
	path := filepath.Join(fastDir(t), "b.db")
	r := rand.New(rand.NewPCG(1, 2))
	live := map[string]bool{}
	for round := range 60 {
		s, err := Open(path, Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for range 1 + r.IntN(4) {
			var batch []mqtt.Message
			for range r.IntN(400) {
				topic := fmt.Sprintf("%c/%d", 'a'+rune(r.IntN(26)), r.IntN(200))
				m := text(topic, strings.Repeat("x", r.IntN(600)+1))
				if m.Expiry = uint32(r.IntN(2) * 3600); r.IntN(3) == 0 || round > 50 {
					m = mqtt.Deletion(topic, 0)
				}
				batch = append(batch, m)
				live[topic] = !m.IsDeletion()
			}
			if err := s.Put(batch); err != nil {
				t.Fatal(err)
			}
		}
		want := 0
		for _, there := range live {
			if there {
				want++
			}
		}
		if n, err := s.Count(); err != nil || n != want {
			t.Fatalf("round %d: %d messages, %v, want %d", round, n, err, want)
		}
		s.Close()
	}
}
