package remote

import (
	"bytes"
	"testing"

	"github.com/retainctl/retainctl/state"
)

// A server's answer is a state, a lock, or an error, and what we send comes back unchanged.
func FuzzAnswer(f *testing.F) {
	s, err := state.NewSnapshot()
	if err != nil {
		f.Fatal(err)
	}
	document, err := state.Encode(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wrap(s, document))
	f.Add([]byte(`{"retainctl_state":[1,null,"x"]}`))
	f.Add([]byte(`{"ID":"a","Who":"b","Created":"2026-01-01 00:00:00 UTC"}`))
	f.Add([]byte("<html>not found</html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = holderOf(body).String()
		got, err := state.Decode(unwrap(body))
		if err != nil {
			return
		}
		again, err := state.Encode(got)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(unwrap(wrap(got, again)), again) {
			t.Errorf("%q comes back otherwise", again)
		}
	})
}
