package client

import "strings"

// unsaid replaces a text of the broker that repeats a secret.
const unsaid = "(it repeats the user name or the password)"

// shortestName is the shortest user name that is looked for: a shorter one is a part of many words.
const shortestName = 4

// said returns a text of the broker for an error, unless it repeats the user name or the password,
// which may be sensitive. The text may have been cut, in the middle of a secret too.
func (o Options) said(text string) string {
	if repeats(text, o.Password) || len(o.Username) >= shortestName && repeats(text, o.Username) {
		return unsaid
	}
	return text
}

// repeats reports whether a text contains a secret, or ends with the beginning of one.
func repeats(text, secret string) bool {
	if secret == "" {
		return false
	}
	for n := shortestName; n < len(secret); n++ {
		if strings.HasSuffix(text, secret[:n]) {
			return true
		}
	}
	return strings.Contains(text, secret)
}
