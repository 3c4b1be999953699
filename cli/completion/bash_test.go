package completion

import (
	"os/exec"
	"strings"
	"testing"
)

// TestOfferedToBashIsOneWord checks that bash reads each offered text as one word, whatever the topic
// contains.
func TestOfferedToBashIsOneWord(t *testing.T) {
	for _, topic := range []string{
		"site/a'; touch owned; '", `site/a"; touch owned; "`, "site/$(touch owned)", "site/`touch owned`", `site/a\`, "site/a b\"c'd", "site/a&b|c;d<e>f", "site/{a,b}*?[c]~", "~/x", "#x", "a!b", "=a", "site/\\'",
	} {
		for _, quote := range []string{"", "'", `"`} {
			if quote == `"` && strings.Contains(topic, "!") {
				continue // only an interactive bash treats it specially
			}
			typed := quote + parseLine("x "+quote).spelled(topic, " \t\n\"'><=;|&(:") + quote
			out, err := exec.Command("bash", "-c", "printf '<%s>' "+typed).CombinedOutput()
			if got := string(out); err != nil || got != "<"+topic+">" {
				t.Errorf("%q becomes %s, which is %q, %v", topic, typed, got, err)
			}
		}
	}
}

// FuzzParseLine checks that no line breaks the completion, and that what is offered for a word continues
// it.
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
			t.Errorf("%q continues with %q", line, typed)
		}
	})
}
