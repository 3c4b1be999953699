package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/state"
)

// TestForgetPending forgets pending entries. If somebody else's undeclared message is live at the topic,
// nothing else removes the entry.
func TestForgetPending(t *testing.T) {
	snapshot := (&state.Snapshot{Lineage: "l"}).Clone()
	key := func(topic string) state.Key { return state.Key{Broker: "b", Topic: topic} }
	snapshot.Records[key("both")] = state.Record{Address: "message.both"}
	snapshot.Pending[key("both")] = state.Pending{Before: "x"}
	snapshot.Pending[key("made")] = state.Pending{After: &state.Record{Address: "message.made"}}
	snapshot.Pending[key("untracked")] = state.Pending{Before: "x"}
	var out, warnings bytes.Buffer
	s := &session{Env: Env{Stdout: &out, Stderr: &warnings}}
	if err := forget(s, snapshot, []string{"unknown"}, ""); err == nil || len(snapshot.Pending) != 3 {
		t.Errorf("a topic without an entry: %v, %d pending", err, len(snapshot.Pending))
	}
	if err := forget(s, snapshot, []string{"both", "message.made", "other/#", "untracked"}, ""); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(warnings.String(), "other/#") || strings.Contains(warnings.String(), "both") {
		t.Errorf("warned of %s", warnings.String())
	}
	if len(snapshot.Records)+len(snapshot.Pending) > 0 {
		t.Errorf("left: %v, %v", snapshot.Records, snapshot.Pending)
	}
	for _, want := range []string{"both (message.both)", "made (message.made)", "untracked (an interrupted apply)"} {
		if !strings.Contains(out.String(), "Forget "+want) {
			t.Errorf("not printed: %q\n%s", want, out.String())
		}
	}
}
