package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
)

// clock is a time that only the test advances.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock { return &clock{time.UnixMilli(1_700_000_000_123)} }

func open(t *testing.T, path string, o Options) *Store {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t *testing.T, s *Store, batch ...mqtt.Message) {
	t.Helper()
	if err := s.Put(batch); err != nil {
		t.Fatal(err)
	}
}

func text(topic, payload string) mqtt.Message {
	return mqtt.Message{Topic: topic, Payload: []byte(payload)}
}

func full(topic string) mqtt.Message {
	return mqtt.Message{
		Topic: topic, Payload: []byte("{}\x00\xff"), QoS: 2, PayloadFormat: mqtt.UTF8Data,
		ContentType: "application/json", ResponseTopic: "re/ply", CorrelationData: []byte{0, 1, 255},
		UserProperties: []mqtt.UserProperty{{Name: "b", Value: "1"}, {Name: "a", Value: ""}, {Name: "b", Value: "1"}, {Name: "", Value: "x"}},
	}
}

func TestEveryFieldSurvivesAReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "broker.db")
	c := newClock()
	want := full("a/b")
	want.Expiry = 100
	s := open(t, path, Options{Now: c.Now})
	put(t, s, want)
	id := s.ID()
	s.Close()

	c.now = c.now.Add(1500 * time.Millisecond)
	s = open(t, path, Options{Now: c.Now, ReadOnly: true})
	got, ok, err := s.Get("a/b")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	want.Expiry = 99
	if diff := cmp.Diff(want, got.Message); diff != "" {
		t.Error(diff)
	}
	if !got.Modified.Equal(newClock().now) || !got.Expires.Equal(newClock().now.Add(100*time.Second)) {
		t.Errorf("modified %v, expires %v", got.Modified, got.Expires)
	}
	if s.ID() != id {
		t.Errorf("id %s became %s", id, s.ID())
	}
	info, _ := os.Stat(path)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestExpired(t *testing.T) {
	c := newClock()
	s := open(t, filepath.Join(t.TempDir(), "b.db"), Options{Now: c.Now})
	short, long := text("a", "1"), text("b", "2")
	short.Expiry, long.Expiry = 3, 10
	put(t, s, short, long, text("c", "3"))
	c.now = c.now.Add(3 * time.Second)
	if _, ok, _ := s.Get("a"); ok {
		t.Error("an expired message is served")
	}
	if got := topics(t, s, "#"); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("match: %q", got)
	}
	if n, _ := s.Count(); n != 2 {
		t.Errorf("count %d before the sweep", n)
	}
	// A message that is written again does not expire at its old time, and a removed message leaves
	// no expiry behind.
	put(t, s, text("b", "for good"))
	c.now = c.now.Add(time.Hour)
	put(t, s, text("d", "sweeps"))
	if n, _ := s.Count(); n != 3 {
		t.Errorf("count %d after the sweep", n)
	}
	if got := topics(t, s, "#"); !slices.Equal(got, []string{"b", "c", "d"}) {
		t.Errorf("match: %q", got)
	}
}

func topics(t *testing.T, s *Store, filter string) []string {
	t.Helper()
	var got []string
	err := s.Match(filter, func(e Entry) error { got = append(got, e.Topic); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMatch(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "b.db"), Options{})
	for _, topic := range []string{"a", "a/b", "a/b/c", "ab", "/a", "$x", "$x/y", "b"} {
		put(t, s, text(topic, "1"))
	}
	for filter, want := range map[string][]string{
		"#":     {"/a", "a", "a/b", "a/b/c", "ab", "b"},
		"a/#":   {"a", "a/b", "a/b/c"},
		"a/b":   {"a/b"},
		"a/b/#": {"a/b", "a/b/c"},
		"+":     {"a", "ab", "b"},
		"+/+":   {"/a", "a/b"},
		"$x/#":  {"$x", "$x/y"},
		"nil":   nil,
		"a/+/c": {"a/b/c"},
		"+/b/#": {"a/b", "a/b/c"},
		"/+":    {"/a"},
		"/#":    {"/a"},
	} {
		if got := topics(t, s, filter); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", filter, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "b.db"), Options{})
	var want []string
	var batch []mqtt.Message
	for i := range 3*page + 7 {
		m := text(fmt.Sprintf("t/%04d", i), "x")
		want, batch = append(want, m.Topic), append(batch, m)
	}
	put(t, s, batch...)
	if got := topics(t, s, "t/#"); !slices.Equal(got, want) {
		t.Errorf("match returned %d", len(got))
	}
	var listed []string
	for after, more := "", true; more; {
		entries, next, err := s.List(after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			listed = append(listed, e.Topic)
		}
		after, more = next, next != ""
	}
	if !slices.Equal(listed, want) {
		t.Errorf("list returned %d", len(listed))
	}
	// fn can write without blocking: no transaction is open while it runs.
	err := s.Match("#", func(e Entry) error { return s.Put([]mqtt.Message{mqtt.Deletion(e.Topic, 0)}) })
	if n, _ := s.Count(); err != nil || n != 0 {
		t.Errorf("%d left, %v", n, err)
	}
}

func TestLastOfABatchWins(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "b.db"), Options{})
	put(t, s, text("b", "1"), text("a", "1"), mqtt.Deletion("b", 0), text("a", "2"), text("c", "1"))
	if got := topics(t, s, "#"); !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("%q", got)
	}
	if e, _, _ := s.Get("a"); string(e.Payload) != "2" {
		t.Errorf("a is %q", e.Payload)
	}
}

// bbolt's longest key has half the length of the longest topic.
func TestLongTopics(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "b.db"), Options{})
	long := strings.Repeat("x/", mqtt.MaxTopicBytes/2)
	other := long[:len(long)-1] + "y"
	a, b := text(long, "1"), text(other, "2")
	a.Expiry = 60
	put(t, s, a, b)
	for topic, want := range map[string]string{long: "1", other: "2"} {
		if e, ok, err := s.Get(topic); !ok || err != nil || string(e.Payload) != want {
			t.Errorf("got %q, %v, %v", e.Payload, ok, err)
		}
	}
	if got := topics(t, s, "x/#"); len(got) != 2 {
		t.Errorf("match returned %d", len(got))
	}
	if got := topics(t, s, long[:len(long)-1]+"/#"); len(got) != 1 || got[0] != long {
		t.Errorf("a long filter returned %d", len(got))
	}
	first, next, err := s.List("", 1)
	if err != nil || len(first) != 1 || next == "" {
		t.Fatal(len(first), len(next), err)
	}
	second, next, err := s.List(next, 1)
	if err != nil || len(second) != 1 || next != "" || second[0].Topic == first[0].Topic {
		t.Error(len(second), len(next), err)
	}
}

// A plan before the first apply creates no file, and names the broker that the apply will create.
func TestMissingFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, ".retainctl", "broker.db")
	plan := open(t, path, Options{ReadOnly: true})
	if got := topics(t, plan, "#"); got != nil {
		t.Error(got)
	}
	if err := plan.Put([]mqtt.Message{text("a", "1")}); !errors.Is(err, ErrReadOnly) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("reading left %v", left)
	}
	linked := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, linked); err != nil {
		t.Fatal(err)
	}
	if other := open(t, filepath.Join(linked, ".retainctl", "broker.db"), Options{ReadOnly: true}); other.ID() != plan.ID() {
		t.Error("the same folder by another name is another broker")
	}
	apply := open(t, path, Options{})
	if apply.ID() != plan.ID() || len(plan.ID()) != 32 {
		t.Errorf("planned on %q, applied to %q", plan.ID(), apply.ID())
	}
	apply.Close()
	moved := filepath.Join(dir, "moved.db")
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	if got := open(t, moved, Options{}).ID(); got != plan.ID() {
		t.Error("a moved file is another broker")
	}
}

func TestInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b.db")
	open(t, path, Options{})
	for _, readOnly := range []bool{false, true} {
		_, err := Open(path, Options{ReadOnly: readOnly, Wait: time.Millisecond})
		if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), path) {
			t.Errorf("read only %v: %v", readOnly, err)
		}
	}
}
