package cli

import (
	"fmt"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
)

func outputsOf(c *spec.Config) []render.Output {
	var all []render.Output
	for _, o := range c.Outputs {
		all = append(all, render.Output{Name: o.Name, Value: o.Value, Sensitive: o.Sensitive})
	}
	return all
}

// printApplied prints the outputs at the end of an apply, as Terraform does.
func printApplied(s *session, c *spec.Config, format render.Format) error {
	outputs := outputsOf(c)
	switch {
	case len(outputs) == 0:
	case s.events != nil:
		s.events.Outputs(outputs)
		return s.events.Err()
	case format == render.Text:
		fmt.Fprint(s.Stdout, "\nOutputs:\n\n")
		return render.Outputs(s.Stdout, outputs)
	}
	return nil
}
