package cli

import (
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
)

// leftOut counts the live messages that import writes nothing for.
type leftOut struct {
	declared int
	others   int // within the filters that say that they belong to somebody else
}

// said returns a line for each kind that there is.
func (l leftOut) said() (lines []string) {
	if l.declared > 0 {
		lines = append(lines, render.Count(l.declared, "message")+" left out: declared already.")
	}
	if l.others > 0 {
		lines = append(lines, render.Count(l.others, "message")+" left out: within a removed or except filter.")
	}
	return lines
}

// undeclared returns the messages that the configuration may declare and does not.
func undeclared(c *spec.Config, name string, live map[string]mqtt.Retained) (messages []mqtt.Message, left leftOut) {
	has := map[string]bool{}
	for i := range c.Messages {
		if c.Messages[i].Broker == name {
			has[c.Messages[i].Topic] = true
		}
	}
	for topic, m := range live {
		switch {
		case has[topic]:
			left.declared++
		case givenAway(c, name, topic):
			left.others++
		default:
			messages = append(messages, m.Message)
		}
	}
	return messages, left
}

// givenAway reports whether a removed block or an exception excludes a topic from this
// configuration.
func givenAway(c *spec.Config, name, topic string) bool {
	return slices.ContainsFunc(c.Removed, func(r spec.Scope) bool { return r.Has(name, topic) }) ||
		slices.ContainsFunc(c.Exclusives, func(x spec.Exclusive) bool { return x.Has(name, topic) && x.Excepts(topic) })
}

// exclusives returns the exclusive blocks of a broker.
func exclusives(c *spec.Config, name string) []spec.Exclusive {
	return slices.DeleteFunc(slices.Clone(c.Exclusives), func(x spec.Exclusive) bool { return x.Broker != name })
}
