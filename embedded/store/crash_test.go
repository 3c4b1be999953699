package store

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// The child of TestKill writes batches forever and prints what Put acknowledged.
func TestMain(m *testing.M) {
	path := os.Getenv("RETAINCTL_TEST_STORE")
	if path == "" {
		os.Exit(m.Run())
	}
	s, err := Open(path, Options{})
	for n := 0; err == nil; n++ {
		var batch []mqtt.Message
		for i := range 50 {
			batch = append(batch, text(fmt.Sprintf("k/%d/%d", n, i), strings.Repeat("x", 300)))
		}
		if err = s.Put(batch); err == nil {
			fmt.Println(n)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// After a kill -9 everything that was acknowledged is stored, in whole batches, and the file opens
// again at once.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b.db")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "RETAINCTL_TEST_STORE="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged, end := 0, 20+rand.IntN(20)
	for lines := bufio.NewScanner(out); lines.Scan(); acknowledged++ {
		if acknowledged == end {
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
	s := open(t, path, Options{})
	if acknowledged < 20 {
		t.Fatalf("the child acknowledged %d batches only", acknowledged)
	}
	for n := range acknowledged {
		if got := topics(t, s, fmt.Sprintf("k/%d/#", n)); len(got) != 50 {
			t.Errorf("batch %d: %d of 50", n, len(got))
		}
	}
	if n, _ := s.Count(); n%50 != 0 || n < 50*acknowledged {
		t.Errorf("%d messages", n)
	}
}

// sample returns a file with every kind of page: branches, leaves, overflow, free.
func sample(tb testing.TB) []byte {
	return filled(tb, filepath.Join(tb.TempDir(), "sample.db"), 300, 20_000)
}

// filled puts n messages into a file, one of them large and some of them twice, and deletes one.
func filled(tb testing.TB, path string, n, large int) []byte {
	s, err := Open(path, Options{Now: newClock().Now})
	if err != nil {
		tb.Fatal(err)
	}
	var batch []mqtt.Message
	for i := range n {
		m := full(fmt.Sprintf("t/%03d", i))
		m.Expiry = uint32(i % 3 * 1000)
		batch = append(batch, m)
	}
	batch[7].Payload = make([]byte, large)
	for _, b := range [][]mqtt.Message{batch, batch[:n/3], {mqtt.Deletion(batch[n/2].Topic, 0)}} {
		if err := s.Put(b); err != nil {
			tb.Fatal(err)
		}
	}
	s.Close()
	file, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

// exercise uses a file in every way. Errors are expected; panics, faults and endless loops fail the
// test.
func exercise(t *testing.T, path string) {
	for _, readOnly := range []bool{true, false} {
		s, err := Open(path, Options{ReadOnly: readOnly, Now: newClock().Now, Wait: time.Nanosecond})
		if errors.Is(err, ErrInUse) {
			t.Fatalf("the lock was not given back: %v", err)
		}
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not name the file: %v", err)
			}
			continue
		}
		s.Count()
		s.Get("t/007")
		s.List("", 1000)
		s.Match("t/+", func(Entry) error { return nil })
		if !readOnly {
			s.Put([]mqtt.Message{text("t/007", "new"), mqtt.Deletion("t/008", 0), full("u")})
			s.Get("t/007")
		}
		s.Close()
	}
}

// A damaged file leads to errors or missing messages, never to the end of the program.
func TestDamage(t *testing.T) {
	file := sample(t)
	path := filepath.Join(t.TempDir(), "b.db")
	try := func(damaged []byte) {
		t.Helper()
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		exercise(t, path)
	}
	for _, n := range []int{0, 1, 16, 4095, 4096, 8192, 12288, 16384, 20000, 32768, len(file) / 2, len(file) - 1} {
		try(file[:n])
	}
	try([]byte("this is not a database"))
	try(make([]byte, len(file)))
	for _, damaged := range cycles(file) {
		try(damaged)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 100 {
		damaged := append([]byte(nil), file...)
		for range 1 + r.IntN(4) {
			// Half of the flips hit a page's header and elements, where they do most harm.
			at := r.IntN(len(file))
			if r.IntN(2) == 0 {
				at = at/4096*4096 + r.IntN(128)
			}
			damaged[min(at, len(file)-1)] ^= byte(1 << r.IntN(8))
		}
		try(damaged)
	}
}

// cycles makes each branch of the file its own child in turn: bbolt would follow it until the stack
// overflows.
func cycles(file []byte) [][]byte {
	var damaged [][]byte
	for at := 0; at < len(file); at += os.Getpagesize() {
		if order.Uint16(file[at+8:]) != branchFlag {
			continue
		}
		for i := range int(order.Uint16(file[at+10:])) {
			d := append([]byte(nil), file...)
			order.PutUint64(d[at+pageHeader+i*elementSize+8:], uint64(at/os.Getpagesize()))
			damaged = append(damaged, d)
		}
	}
	return damaged
}

func FuzzDamage(f *testing.F) {
	file := sample(f)
	f.Add(uint32(4096*3+8), uint64(1))
	f.Add(uint32(100), uint64(0xff))
	f.Add(uint32(4096*5), uint64(0xffffffffffffffff))
	f.Fuzz(func(t *testing.T, at uint32, flip uint64) {
		damaged := append([]byte(nil), file...)
		for i := range 8 {
			damaged[(int(at)+i)%len(file)] ^= byte(flip >> (8 * i))
		}
		path := filepath.Join(t.TempDir(), "b.db")
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		exercise(t, path)
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(full("a"), 1, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := decode(b); err == nil && e.Topic == "" && len(b) < 22 {
			t.Error("a message from nothing")
		}
	})
}
