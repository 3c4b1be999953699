package remote

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// explain turns an answer that is no success into an error that says what to do.
func (h *HTTP) explain(verb string, a answer) error {
	return fmt.Errorf("%s %s: the server answered %d %s: %s", verb, plainURL(a.url), a.status, http.StatusText(a.status), h.advise(verb, a))
}

func (h *HTTP) advise(verb string, a answer) string {
	said := h.said(a)
	switch {
	case a.status == http.StatusUnauthorized:
		return "it did not take username and password" + said
	case a.status == http.StatusForbidden:
		return "this user may not " + verb + " here (GitLab: Developer reads, Maintainer locks and writes)" + said
	case a.status == http.StatusNotFound:
		return "there is nothing at this address, or it is hidden from this user" + said
	case a.status == http.StatusMethodNotAllowed:
		return "it knows another method for this; see lock_method, unlock_method and update_method (GitLab: POST to lock, DELETE to unlock)" + said
	case a.status == http.StatusRequestEntityTooLarge:
		return "the state is larger than it takes (GitLab: the limit on the size of a Terraform state)" + said
	case a.status == http.StatusLocked, a.status == http.StatusConflict:
		return "the lock is not, or not any more, this run's" + said
	case a.status >= 300 && a.status < 400:
		return "it leads elsewhere" + h.target(a) + ", where a request that writes does not follow: write the address that it leads to"
	case passing(a.status):
		return fmt.Sprintf("it did so %d times; try again later%s", attempts, said)
	}
	return "see the server's log" + said
}

// target is where a redirect leads.
func (h *HTTP) target(a answer) string {
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || u.Host == "" {
		return ""
	}
	return ", to " + plainURL(u)
}

// said quotes the beginning of what the server said, unless it repeats the password.
func (h *HTTP) said(a answer) string {
	const most = 200
	text := strings.Join(strings.Fields(string(a.body)), " ")
	if text == "" || strings.HasPrefix(text, "<") || h.settings.Password != "" && strings.Contains(text, h.settings.Password) {
		return ""
	}
	if len(text) > most {
		text = text[:most] + "..."
	}
	return fmt.Sprintf(" (%s)", strings.ToValidUTF8(text, "?"))
}
