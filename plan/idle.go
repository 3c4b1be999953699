package plan

import (
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Idle is a protect block, or an exclusive block with except filters, of which filters match no
// message that the plan knows. They are probably misspelt, and shield nothing. For a message block
// with ignore_changes, Filters are the paths that occur in none of its messages.
type Idle struct {
	Address string   // of the block
	Filters []string // the filter of a protect block, or except filters
	File    string
	Line    int
}

// shield is a filter that keeps messages from being deleted.
type shield struct {
	block  *spec.FilterBlock
	filter string
	used   bool // it matches a message that the plan knows
}

// shields returns the filters of protect blocks and the except filters that the plan is about. A
// plan of selected topics does not know all messages, so it is about none.
func shields(in *Input) []shield {
	if in.Mode != Normal && in.Mode != DestroyAll || len(in.Target)+len(in.Exclude) > 0 {
		return nil
	}
	var all []shield
	for i := range in.Protect {
		all = append(all, shield{block: &in.Protect[i], filter: in.Protect[i].Filter})
	}
	if in.Mode == DestroyAll { // it deletes no untracked message
		return all
	}
	for i := range in.Exclusive {
		for _, filter := range in.Exclusive[i].Except {
			all = append(all, shield{block: &in.Exclusive[i].FilterBlock, filter: filter})
		}
	}
	return all
}

// matches reports whether a shield matches a topic of a broker, which is given by its label.
func (s *shield) matches(broker, topic string) bool {
	return (s.block.Broker == "" || s.block.Broker == broker) && mqtt.Match(s.filter, topic)
}

// use notes the shields that match a topic.
func use(all []shield, broker, topic string) {
	for i := range all {
		if s := &all[i]; !s.used && s.matches(broker, topic) {
			s.used = true
		}
	}
}

// Spared returns topics that a scan of one broker showed, one for each protect or except filter that
// no known topic matches. The plan leaves them alone, so they are not read by their topics; Finish
// gets them in Observation.Spared.
func (b *Begun) Spared(broker state.Identity, live map[string]mqtt.Retained) []string {
	by := b.byID[broker]
	if by == nil {
		return nil
	}
	var found []string
	for i := range b.shields {
		s := &b.shields[i]
		for topic := range live {
			if !s.used && s.matches(by.Name, topic) {
				found = append(found, topic)
				break
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// idle returns the blocks of which filters match nothing that is declared, recorded or observed.
func (p *planner) idle(b *Begun, seen map[state.Identity]*Observation) []Idle {
	all := slices.Clone(b.shields)
	for id, of := range seen {
		name := b.byID[id].Name
		for topic := range of.Live {
			use(all, name, topic)
		}
		for _, topic := range of.Spared {
			use(all, name, topic)
		}
	}
	var found []Idle
	for _, s := range all {
		switch last := len(found) - 1; {
		case s.used:
		case last >= 0 && found[last].Address == s.block.Address:
			found[last].Filters = append(found[last].Filters, s.filter)
		default:
			at := s.block.Range
			found = append(found, Idle{s.block.Address, []string{s.filter}, at.Filename, at.Start.Line})
		}
	}
	return found
}

// note adds a note about blocks with something that matches nothing, if there are any.
func (p *planner) note(kind WarningKind, idle []Idle) {
	if len(idle) > 0 {
		p.plan.Warnings = append(p.plan.Warnings, Warning{Kind: kind, Idle: idle, Offline: !p.refreshed})
	}
}
