package cli

import (
	"strings"
	"testing"
)

// FuzzParseLine holds that no line stops a completion, and that what is offered for
// a word continues it.
func FuzzParseLine(f *testing.F) {
	for _, seed := range []string{"retainctl plan -target='mess", `x "a b\"`, `A=1 x y\ `, "", "x  ", `x -a="b"'c`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		b := parseLine(line)
		if len(b.words) == 0 {
			return
		}
		word := b.words[len(b.words)-1]
		if typed := b.spelled(word+"x", " \t\n\"'><=;|&(:"); b.quote == 0 && !strings.HasSuffix(typed, "x") {
			t.Errorf("%q goes on with %q", line, typed)
		}
	})
}
