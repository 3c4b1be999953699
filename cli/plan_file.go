package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// savePlan writes a plan file, with mode 0600 because it holds payloads. It does not save a plan that
// apply would refuse in any case.
func savePlan(s *session, p *plan.Plan, out string) error {
	if out == "" || len(p.Blocked(true)) > 0 {
		return nil
	}
	var b bytes.Buffer
	if err := plan.Save(&b, p); err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	if err := s.named(out).ReplacePrivate(b.Bytes()); err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	return nil
}

// readPlan reads a plan file.
func readPlan(s *session, path string) (*plan.Plan, error) {
	data, err := s.named(path).Read(state.MaxDocument)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, failure("No plan file", fmt.Sprintf(
			"%s cannot be read: %s. \"retainctl plan -out=FILE\" writes a plan that apply takes.", path, err))
	}
	p, err := plan.Load(bytes.NewReader(data))
	if err != nil {
		return nil, failure(fmt.Sprintf("Plan file %q", path), headline(err)+".")
	}
	return p, nil
}
