package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/state"
)

// errored is the file of a state that could not be written to its store.
const errored = "errored.retain.state.json"

// rescue writes the state beside the configuration after its store refused it. If somebody
// else wrote a state meanwhile, theirs is kept: it does not list as pending what this run
// published.
func rescue(s *session, report *apply.Report) error {
	path := filepath.Join(s.Dir, errored)
	raced := errors.Is(report.SaveErr, state.ErrConflict)
	detail := headline(report.SaveErr)
	switch {
	case !report.Published():
		detail += ". Nothing was published; the next apply records the same again."
	case raced:
		detail += ". The messages above were published all the same, and the other state need not know of them. Plan again with this configuration: what is live and declared is taken over, and what differs is shown. What no configuration declares would stay on the broker."
	default:
		detail += ". The messages above were published all the same, and the state from before still lists them as pending, so the next plan finds out what became of them."
	}
	data, err := state.Encode(report.State)
	if err == nil {
		err = state.WriteFile(path, data)
	}
	switch {
	case err == nil && raced:
		detail += fmt.Sprintf(" What this run would have recorded is in %s, to look things up in: do not push it, since that loses what the others recorded.", errored)
	case err == nil:
		detail += fmt.Sprintf(" The state that could not be written is in %s: once the store can be written to, run \"retainctl state push %[1]s\"; or remove it and plan again.", errored)
	default:
		detail += fmt.Sprintf(" It could not be written to %s either (%s). Mend that, then plan again.", errored, err)
	}
	return failure("The state could not be written", detail)
}
