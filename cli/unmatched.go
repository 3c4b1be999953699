package cli

import (
	"fmt"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
)

// warnUnmatched warns of selectors and filters of the command line that select nothing. They are taken
// byte for byte, so one may be misspelt, or written in another Unicode form than the topic.
func (s *session) warnUnmatched(from string, unmatched []string) {
	if len(unmatched) == 0 {
		return
	}
	detail := fmt.Sprintf("No %s is selected by:", from)
	for _, text := range unmatched {
		detail += fmt.Sprintf("\n  - %q", text)
	}
	s.warn("A selector matches nothing", detail+starAdvice(unmatched))
}

// starAdvice returns what to write instead of a "*", as a line of its own, or "" if no selector has one.
func starAdvice(selectors []string) string {
	if strings.Contains(strings.Join(selectors, ""), "*") {
		return "\n" + mqtt.StarAdvice + "."
	}
	return ""
}

// without returns those selectors that are not used.
func without(selectors []string, used []bool) []string {
	var unmatched []string
	for i, text := range selectors {
		if !used[i] {
			unmatched = append(unmatched, text)
		}
	}
	return unmatched
}
