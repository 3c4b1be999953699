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
	excluded int // by the filter of a removed block, or by an except argument
}

// lines returns a line for each count that is not zero.
func (l leftOut) lines() (lines []string) {
	if l.declared > 0 {
		lines = append(lines, render.Count(l.declared, "message")+" left out: declared already.")
	}
	if l.excluded > 0 {
		lines = append(lines, render.Count(l.excluded, "message")+" left out: within a removed or except filter.")
	}
	return lines
}

// undeclared returns the live messages that are not declared and may be, and counts the others.
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
		case c.Excludes(name, topic):
			left.excluded++
		default:
			messages = append(messages, m.Message)
		}
	}
	return messages, left
}

// exclusives returns the exclusive blocks of a broker.
func exclusives(c *spec.Config, name string) []spec.Exclusive {
	return slices.DeleteFunc(slices.Clone(c.Exclusives), func(x spec.Exclusive) bool { return x.Broker != name })
}
