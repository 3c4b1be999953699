package client

import (
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt/wire"
)

// TestNoSecretIsSaid checks that no error repeats the user name or the password, whatever the broker
// answers. Both may be sensitive.
func TestNoSecretIsSaid(t *testing.T) {
	const user, password = "fleet-user", "hunter2-and-more"
	refusing := func(reason string) string {
		f := &fake{connack: wire.Connack{ReasonCode: wire.NotAuthorized, ReasonString: reason}}
		return f.start(t)
	}
	for name, address := range map[string]string{
		"a reason with the password":   refusing("no user with " + password),
		"a reason with the user name":  refusing("unknown user " + user),
		"an echo":                      answering(t, "\x10 "+user+" "+password),
		"an echo that is cut":          answering(t, strings.Repeat("x", heardBytes-9)+password),
		"the answer of a web server":   answering(t, "HTTP/1.1 400 "+password+"\r\n\r\n"),
		"a reason without the secrets": refusing("go away"),
	} {
		_, err := Dial(t.Context(), Options{Address: address, Username: user, Password: password})
		if err == nil || strings.Contains(err.Error(), "fleet") || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: %v", name, err)
		}
		if strings.HasSuffix(name, "without the secrets") && !contains(err, "go away") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSaid(t *testing.T) {
	o := Options{Username: "bob", Password: "hunter2"}
	for _, text := range []string{"", "bob may not", "a hunt", "hun"} {
		if got := o.said(text); (got == text) != (text != "a hunt") {
			t.Errorf("%q is said as %q", text, got)
		}
	}
}
