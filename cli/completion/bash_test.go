package completion

import (
	"os/exec"
	"strings"
	"testing"
)

// What is offered is one word to bash, and no command, whatever a topic has in it.
func TestOfferedToBashIsOneWord(t *testing.T) {
	for _, topic := range []string{
		"site/a'; touch owned; '", `site/a"; touch owned; "`, "site/$(touch owned)", "site/`touch owned`", `site/a\`, "site/a b\"c'd", "site/a&b|c;d<e>f", "site/{a,b}*?[c]~", "~/x", "#x", "a!b", "=a", "site/\\'",
	} {
		for _, quote := range []string{"", "'", `"`} {
			if quote == `"` && strings.Contains(topic, "!") {
				continue // which an interactive bash alone looks at
			}
			typed := quote + parseLine("x "+quote).spelled(topic, " \t\n\"'><=;|&(:") + quote
			out, err := exec.Command("bash", "-c", "printf '<%s>' "+typed).CombinedOutput()
			if got := string(out); err != nil || got != "<"+topic+">" {
				t.Errorf("%q becomes %s, which is %q, %v", topic, typed, got, err)
			}
		}
	}
}

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
