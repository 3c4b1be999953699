package remote

import (
	"encoding/base64"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// explain turns an answer other than a success into an error that says what to do.
func (h *HTTP) explain(verb string, a answer) error {
	return fmt.Errorf("%s %s: the server answered %d %s: %s",
		verb, plainURL(a.url), a.status, http.StatusText(a.status), h.advise(verb, a))
}

func (h *HTTP) advise(verb string, a answer) string {
	said := h.said(a)
	switch {
	case a.status == http.StatusUnauthorized:
		return "it did not accept the username and password" + said
	case a.status == http.StatusForbidden:
		return "this user may not " + verb + " here (GitLab: Developer reads, Maintainer locks and writes)" + said
	case a.status == http.StatusNotFound:
		return "there is nothing at this address, or it is hidden from this user" + said
	case a.status == http.StatusMethodNotAllowed:
		return "it knows another method for this; see lock_method, unlock_method and update_method (GitLab: POST to " +
			"lock, DELETE to unlock)" + said
	case a.status == http.StatusRequestEntityTooLarge:
		return "the state is larger than it takes (GitLab: the limit on the size of a Terraform state)" + said
	case a.status == http.StatusLocked, a.status == http.StatusConflict:
		return "this run does not hold the lock, or no longer does" + said
	case a.status >= 300 && a.status < 400:
		if verb == "read" {
			return "it redirects from one address to the next without end" + h.target(a)
		}
		return "it redirects" + h.target(a) + ", and a write does not follow redirects: set the " +
			"address to that one"
	case passing(a.status):
		return fmt.Sprintf("it did so %d times; try again later%s", attempts, said)
	}
	return "see the server's log" + said
}

// target returns where a redirect leads, as the end of a sentence.
func (h *HTTP) target(a answer) string {
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || u.Host == "" {
		return ""
	}
	return ", to " + plainURL(u)
}

// said quotes the beginning of the server's message, unless it repeats a secret: some servers print
// the request, with its headers and its address, into their errors.
func (h *HTTP) said(a answer) string {
	const most = 200
	text := strings.Join(strings.Fields(string(a.body)), " ")
	if text == "" || strings.HasPrefix(text, "<") || h.repeats(string(a.body)) || h.repeats(text) {
		return ""
	}
	if len(text) > most {
		text = text[:most] + "..."
	}
	return fmt.Sprintf(" (%s)", strings.ToValidUTF8(text, "?"))
}

// repeats reports whether a text contains the user name, the password, or another credential of the request, in a
// form in which a server may repeat it.
func (h *HTTP) repeats(text string) bool {
	user, password := h.settings.Username, h.settings.Password
	secrets := []string{password}
	if len(user) > 3 { // a shorter one is a part of many words
		secrets = append(secrets, user)
	}
	if password != "" {
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	}
	for _, u := range []*url.URL{h.settings.Address, h.settings.LockAddress, h.settings.UnlockAddress} {
		if u != nil {
			secrets = append(secrets, slices.Concat(slices.Collect(maps.Values(u.Query()))...)...)
		}
	}
	return slices.ContainsFunc(secrets, func(secret string) bool {
		quoted := strconv.Quote(secret)
		forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), quoted[1 : len(quoted)-1]}
		return secret != "" && slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(text, form) })
	})
}
