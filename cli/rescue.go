package cli

import (
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/state"
)

// erroredFile holds a state that could not be written to its store.
const erroredFile = "errored.retain.state.json"

// rescue writes the state beside the configuration after its store refused it, and returns the error
// that says so. If somebody else wrote the state meanwhile, theirs is kept. It does not list as
// pending what this run published, so the advice differs.
func rescue(s *session, report *apply.Report) error {
	raced := errors.Is(report.SaveErr, state.ErrConflict)
	detail := headline(report.SaveErr)
	switch {
	case !report.Published():
		detail += ". Nothing was published; the next apply records the same again."
	case raced:
		detail += ". The messages above were published, and the other state may not list them. Plan again with this " +
			"configuration: what is live and declared is taken over, and what differs is shown. What no " +
			"configuration declares would stay on the broker."
	default:
		detail += ". The messages above were published, and the earlier state still lists them as pending, so the " +
			"next plan finds out what became of them."
	}
	data, err := state.Encode(report.State)
	if err == nil {
		err = writeRescued(s, data)
	}
	switch {
	case err == nil && raced:
		detail += fmt.Sprintf(
			" What this run would have recorded is in %s, for reference. Do not push it: that would lose what the "+
				"others recorded.", erroredFile)
	case err == nil:
		detail += fmt.Sprintf(
			" The state that could not be written is in %s: once the store can be written to, run \"retainctl state "+
				"push %[1]s\"; or remove it and plan again.", erroredFile)
	default:
		detail += fmt.Sprintf(" It could not be written to %s either (%s). Fix that, then plan again.", erroredFile, err)
	}
	return failure("The state could not be written", detail)
}

// writeRescued writes the state that could not be written, over an earlier one at most.
func writeRescued(s *session, data []byte) error {
	file := folder.Fixed(s.Dir, erroredFile)
	switch start, err := file.Start(len(state.DocumentBegin)); {
	case err != nil:
		return err
	case start != "" && start != state.DocumentBegin:
		return errors.New("the file of that name is not a state; move it away")
	}
	return file.Replace(data)
}
