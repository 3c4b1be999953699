package apply

import (
	"errors"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

// mayPublish returns an error if a change would publish what no plan may: an empty message that is
// not a delete, a message to another topic, or one that the broker refuses. Planning checks the
// same, but a plan may come from a file, and a broker may have other limits since.
func mayPublish(c *plan.Change, limits mqtt.Limits) error {
	m, publishes := c.Publish()
	switch {
	case !publishes:
		return nil
	case m.Topic != c.Key.Topic:
		return errors.New("its message is incomplete, or of another topic")
	case c.Action == plan.Delete && m.IsDeletion():
		return nil
	case c.Action == plan.Delete || m.IsDeletion():
		return errors.New("its payload is empty, which would delete a message; only a delete may do that")
	}
	if over := limits.Check(m); len(over) > 0 {
		return errors.New(over[0].Reason)
	}
	return nil
}
