package crashtest

import (
	"encoding/json"
	"errors"
	"os/exec"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/state"
)

// judge compares the state after a kill with what was published: each published message is either
// pending with that same message, or recorded.
func (w *world) judge(before *state.Snapshot) {
	s := w.pull()
	switch {
	case s == nil || before != nil && s.Serial == before.Serial:
		w.hits[planning]++
	case len(s.Pending) > 0:
		w.hits[publishing]++
	default:
		w.hits[saved]++
	}
	for _, p := range w.receive() {
		if s == nil || !lists(s, p) {
			w.t.Errorf("%s was published and the state does not list it", p.Topic)
		}
	}
}

// lists reports whether the state has a published message as pending or recorded. It need not list a
// topic whose message was deleted.
func lists(s *state.Snapshot, p Publish) bool {
	for key, pending := range s.Pending {
		if key.Topic == p.Topic {
			if pending.After == nil {
				return p.Payload == ""
			}
			return string(pending.After.Payload) == p.Payload
		}
	}
	for key, r := range s.Records {
		if key.Topic == p.Topic {
			return string(r.Payload) == p.Payload
		}
	}
	return p.Payload == ""
}

// recover plans and applies, and compares both with what is missing: each message that is not yet as
// declared, once. Afterwards nothing is left to do.
func (w *world) recover(desired map[string]string) {
	w.t.Helper()
	missing := w.missing(desired)
	if d := cmp.Diff(missing, w.planned()); d != "" {
		w.t.Errorf("the plan (-missing +planned):\n%s", d)
	}
	out, code := w.run("apply", "-auto-approve", "-max-deletes=100%")
	if code != 0 {
		w.t.Fatalf("the apply after a kill exits with %d:\n%s", code, out)
	}
	published := map[string]string{}
	for _, p := range w.receive() {
		if _, twice := published[p.Topic]; twice {
			w.t.Errorf("%s was published twice", p.Topic)
		}
		published[p.Topic] = p.Payload
	}
	if d := cmp.Diff(payloads(missing, desired), published); d != "" {
		w.t.Errorf("published (-missing +published):\n%s", d)
	}
	if d := cmp.Diff(desired, w.live); d != "" {
		w.t.Errorf("the broker holds (-declared +live):\n%s", d)
	}
	if out, code := w.run("plan", "-detailed-exitcode"); code != 0 {
		w.t.Errorf("the last plan exits with %d:\n%s", code, out)
	}
}

// missing returns the actions that are needed, by topic.
func (w *world) missing(desired map[string]string) map[string]string {
	actions := map[string]string{}
	for topic, payload := range desired {
		switch live, there := w.live[topic]; {
		case !there:
			actions[topic] = "create"
		case live != payload:
			actions[topic] = "update"
		}
	}
	for topic := range w.live {
		if _, declared := desired[topic]; !declared {
			actions[topic] = "delete"
		}
	}
	return actions
}

func payloads(actions, desired map[string]string) map[string]string {
	found := map[string]string{}
	for topic := range actions {
		found[topic] = desired[topic]
	}
	return found
}

// planned returns the actions of a plan, by topic.
func (w *world) planned() map[string]string {
	out, code := w.run("plan", "-format=json", "-max-deletes=100%")
	var p struct {
		Retainctl struct {
			Changes []struct{ Topic, Action string }
		}
	}
	if err := json.Unmarshal([]byte(out), &p); err != nil || code != 0 {
		w.t.Fatalf("the plan after a kill exits with %d: %v\n%s", code, err, out)
	}
	actions := map[string]string{}
	for _, c := range p.Retainctl.Changes {
		actions[c.Topic] = c.Action
	}
	return actions
}

// run returns the exit status of a command and its stdout, followed by its stderr if it failed.
func (w *world) run(args ...string) (out string, code int) {
	stdout, err := w.command(args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(stdout) + string(exit.Stderr), exit.ExitCode()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return string(stdout), 0
}
