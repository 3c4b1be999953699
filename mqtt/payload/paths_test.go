package payload

import (
	"math/rand"
	"testing"

	"pgregory.net/rapid"
)

func TestWithout(t *testing.T) {
	for _, test := range []struct {
		doc, want string
		paths     []string
	}{
		{`{"x":1,"seen":2}`, `{"x":1}`, []string{"/seen"}},
		{`{"x":1}`, `{"x":1}`, []string{"/seen"}},
		{`{"a":{"b":1}}`, `{}`, []string{"/a/b"}},
		{`{"a":{}}`, `{}`, []string{"/a/b"}},
		{`{"a":5}`, `{"a":5}`, []string{"/a/b"}},
		{`{"cmps":{"1":{"sw":1,"t":2},"2":{"sw":3}}}`, `{"cmps":{"1":{"t":2}}}`, []string{"/cmps/*/sw"}},
		{`{"cmps":[{"sw":1,"t":2},{"sw":3}]}`, `{"cmps":[{"t":2},{}]}`, []string{"/cmps/*/sw"}},
		{`{"a":{"b":{"sw":1}}}`, `{"a":{"b":{"sw":1}}}`, []string{"/*/sw"}},
		{`{"*":1,"b":2}`, `{}`, []string{"/*"}},
		{`[1,2,3]`, `[1,3]`, []string{"/1"}},
		{`[1,2]`, `[]`, []string{"/*"}},
		{`{"a/b":1,"~":2,"c":3}`, `{"c":3}`, []string{"/a~1b", "/~0"}},
	} {
		if got := string(doc(t, test.doc).Without(NewPaths(test.paths)).Bytes()); got != test.want {
			t.Errorf("%s without %q is %s, want %s", test.doc, test.paths, got, test.want)
		}
	}
}

func TestGraft(t *testing.T) {
	for _, test := range []struct {
		doc, from, want string
		paths           []string
	}{
		{`{"x":1,"seen":2}`, `{"x":9,"seen":3}`, `{"x":1,"seen":3}`, []string{"/seen"}},
		{`{"x":1,"seen":2}`, `{"x":9}`, `{"x":1}`, []string{"/seen"}},
		{`{"x":1}`, `{"seen":3,"y":4}`, `{"x":1,"seen":3}`, []string{"/seen"}},
		{`{"x":1}`, `{"a":{"b":1,"c":2}}`, `{"x":1,"a":{"b":1}}`, []string{"/a/b"}},
		{`{"a":{"b":0}}`, `{}`, `{}`, []string{"/a/b"}},
		{`{"a":{"b":0,"c":1}}`, `{}`, `{"a":{"c":1}}`, []string{"/a/b"}},
		{`{"a":{"b":0,"c":1}}`, `{"a":7}`, `{"a":{"c":1}}`, []string{"/a/b"}},
		{`{"a":1}`, `{"a":{"b":2}}`, `{"a":1}`, []string{"/a/b"}},
		{`{"c":{"1":{"sw":0},"2":{"sw":0}}}`, `{"c":{"1":{"sw":5},"3":{"sw":6}}}`, `{"c":{"1":{"sw":5},"3":{"sw":6}}}`, []string{"/c/*/sw"}},
		{`[{"sw":0},{"sw":0}]`, `[{"sw":5,"x":1}]`, `[{"sw":5},{}]`, []string{"/*/sw"}},
		{`[1,2,3]`, `[7]`, `[1,2,3]`, []string{"/1"}},
		{`[1,2,3]`, `[7]`, `[1]`, []string{"/1", "/2"}},
		{`[1]`, `[7,8,9]`, `[1,8]`, []string{"/1"}},
		{`[1]`, `[7,8,9]`, `[1]`, []string{"/2"}},
		{`{"x":1,"pw":2}`, `{"pw":"keep"}`, `{"x":1,"pw":2}`, []string{"/pw"}},
		{`{"x":1}`, `{"pw":"keep"}`, `{"x":1}`, []string{"/pw"}},
		{`{"a":{"x":1}}`, `{"b":1}`, `{"a":{"x":1}}`, []string{"/a/b"}},
	} {
		keep := func(json string) bool { return json == `"keep"` }
		got, ok := doc(t, test.doc).Graft(doc(t, test.from), NewPaths(test.paths), keep)
		if !ok || string(got.Bytes()) != test.want {
			t.Errorf("%s with %q of %s is %s (%v), want %s", test.doc, test.paths, test.from, got.Bytes(), ok, test.want)
		}
	}
	if _, ok := doc(t, `{"0":1}`).Graft(doc(t, `[1]`), NewPaths([]string{"/0"}), nil); ok {
		t.Error("an array is grafted into an object")
	}
}

func TestOverlaps(t *testing.T) {
	for _, test := range []struct {
		path, pointer string
		want          bool
	}{
		{"/a", "/a", true},
		{"/a", "/a/b", true},
		{"/a/b", "/a", true},
		{"/a", "/ab", false},
		{"/*/sw", "/x/sw", true},
		{"/*/sw", "/x/sw/y", true},
		{"/*/sw", "/x", true},
		{"/*/sw", "/x/y", false},
	} {
		if got := NewPaths([]string{test.path}).Overlaps(test.pointer); got != test.want {
			t.Errorf("%s overlaps %s: %v", test.path, test.pointer, got)
		}
		covers := test.want && len(steps(test.path)) <= len(steps(test.pointer))
		if got := NewPaths([]string{test.path}).Covers(test.pointer); got != covers {
			t.Errorf("%s covers %s: %v", test.path, test.pointer, got)
		}
	}
}

// somePaths draws paths that lead to places of a document or to none, some with a step "*".
func somePaths(t *rapid.T, d Doc) Paths {
	pointers := []string{"/none", "/0", "/a/b"}
	for _, leaf := range d.Leaves() {
		pointers = append(pointers, leaf.Pointer)
	}
	var paths Paths
	for range rapid.IntRange(0, 3).Draw(t, "paths") {
		path := steps(rapid.SampledFrom(pointers).Draw(t, "path"))
		if len(path) == 0 {
			continue
		}
		if i := rapid.IntRange(0, len(path)).Draw(t, "any"); i < len(path) {
			path[i] = AnyStep
		}
		paths = append(paths, path[:rapid.IntRange(1, len(path)).Draw(t, "length")])
	}
	return paths
}

// TestGraftChangesOnlyThePaths checks that a graft changes nothing outside of its paths, that a
// graft of a document into itself is the same document, and that a second graft changes nothing.
func TestGraftChangesOnlyThePaths(t *testing.T) {
	never := func(string) bool { return false }
	rapid.Check(t, func(t *rapid.T) {
		a, b := doc(t, text(container().Draw(t, "a"))), doc(t, text(container().Draw(t, "b")))
		paths := somePaths(t, b)
		if self, ok := a.Graft(a, paths, never); !ok || !Equal(self.Bytes(), a.Bytes()) {
			t.Fatalf("%q of itself: %s becomes %s", paths, a.Bytes(), self.Bytes())
		}
		once, ok := a.Graft(b, paths, never)
		if !ok {
			return
		}
		if twice, _ := once.Graft(b, paths, never); !Equal(twice.Bytes(), once.Bytes()) {
			t.Fatalf("%q of %s: once %s, twice %s", paths, b.Bytes(), once.Bytes(), twice.Bytes())
		}
	})
}

// TestCanonical checks that documents have the same canonical form exactly if they are equal.
func TestCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := container().Draw(t, "value")
		a := doc(t, text(v))
		b := doc(t, respell(rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed"))), v))
		if string(a.Canonical()) != string(b.Canonical()) {
			t.Fatalf("%s: %s and %s", a.Bytes(), a.Canonical(), b.Canonical())
		}
		c := doc(t, text(container().Draw(t, "other")))
		if equal := string(a.Canonical()) == string(c.Canonical()); equal != Equal(a.Bytes(), c.Bytes()) {
			t.Fatalf("%s and %s: %v", a.Bytes(), c.Bytes(), equal)
		}
		if !Equal(a.Canonical(), a.Bytes()) {
			t.Fatalf("%s is another document than %s", a.Canonical(), a.Bytes())
		}
	})
}
