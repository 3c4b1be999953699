package render

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/plan"
)

// group is a number of changes that are shown as one: the same action for the same reasons, with the same body or at
// least the same fields in it. The body of the first is shown.
type group struct {
	changes    []*plan.Change
	valuesVary bool // the bodies have the same fields with different values
	accepted   bool // made by somebody else and now recorded: see outsideChange
}

func (g *group) first() *plan.Change { return g.changes[0] }

// groupKey is a digest of what makes changes equal. A digest keeps the keys of 100,000 changes small.
type groupKey [sha256.Size]byte

// maxBodies returns how many bodies of one shape are shown before they become one group. A reader wants to see a
// handful of new messages, but not a whole fleet.
func maxBodies(a plan.Action) int {
	if a == plan.Update {
		return 10
	}
	return 3
}

// groupChanges groups equal changes, in the order of the first of each group. If there are more than maxBodies groups
// of one shape, they become one group too. With verbose every change is its own group.
func groupChanges(changes []plan.Change, verbose bool) []group {
	var groups []group
	var shapes []groupKey // of each group
	exact := map[groupKey]int{}
	for i := range changes {
		c := &changes[i]
		if verbose {
			groups = append(groups, group{changes: []*plan.Change{c}})
			continue
		}
		same, shape := keys(c)
		at, known := exact[same]
		if !known {
			at = len(groups)
			exact[same] = at
			groups, shapes = append(groups, group{}), append(shapes, shape)
		}
		groups[at].changes = append(groups[at].changes, c)
	}
	if verbose {
		return groups
	}
	return mergeShapes(groups, shapes)
}

func mergeShapes(groups []group, shapes []groupKey) []group {
	count := map[groupKey]int{}
	for _, s := range shapes {
		count[s]++
	}
	var merged []group
	into := map[groupKey]int{}
	for i, g := range groups {
		s := shapes[i]
		if count[s] <= maxBodies(g.first().Action) {
			merged = append(merged, g)
			continue
		}
		at, known := into[s]
		if !known {
			into[s] = len(merged)
			merged = append(merged, group{changes: g.changes, valuesVary: true})
			continue
		}
		merged[at].changes = append(merged[at].changes, g.changes...)
	}
	return merged
}

// keys returns the key that equal changes share, and the key that changes of one block and shape share. Changes of
// different blocks can be equal.
func keys(c *plan.Change) (same, shape groupKey) {
	var exact, outline strings.Builder
	fmt.Fprintf(&exact, "%c %v %q %t\n", c.Action, c.Reasons, c.Broker, c.Name == "")
	outline.WriteString(exact.String())
	outline.WriteString(c.Block())
	for _, l := range changeLines(c, limits{}) { // without limits, because what is cut off may differ
		exact.WriteString(l.String())
		exact.WriteByte('\n')
		outline.WriteByte('\n')
		outline.WriteString(string(l.glyph) + l.name) // a line of text has no name
	}
	return sha256.Sum256([]byte(exact.String())), sha256.Sum256([]byte(outline.String()))
}

// places returns the distinct places at which the changes of a group are declared.
func (g *group) places() []string {
	var places []string
	seen := map[string]bool{}
	last := ""
	for _, c := range g.changes {
		if c.File == "" {
			continue
		}
		if p := place(c.File, c.Line); p != last && !seen[p] {
			seen[p], last = true, p
			places = append(places, p)
		}
	}
	return places
}

// topics returns the topics of a group: all of them if they are few, otherwise filters that match them.
func (g *group) topics() string {
	topics := make([]string, len(g.changes))
	for i, c := range g.changes {
		topics[i] = c.Key.Topic
	}
	const few = 3
	shown, count := topics, ""
	if len(topics) > few {
		shown, count = filters(topics), " # "+Count(len(topics), "topic")
	}
	quoted := make([]string, min(len(shown), few))
	for i := range quoted {
		quoted[i] = quote(shown[i])
	}
	if left := len(shown) - few; left > 0 {
		quoted[few-1] += fmt.Sprintf(" and %s more filters", number(left))
	}
	return strings.Join(quoted, ", ") + count
}

// filters returns the one filter that topics have in common. If that consists of wildcards only, it returns one filter
// for each first level.
func filters(topics []string) []string {
	common := filter(topics)
	if strings.Trim(common, "+/#") != "" {
		return []string{common}
	}
	var firsts []string
	under := map[string][]string{}
	for _, topic := range topics {
		first, _, _ := strings.Cut(topic, "/")
		if under[first] == nil {
			firsts = append(firsts, first)
		}
		under[first] = append(under[first], topic)
	}
	for i, first := range firsts {
		firsts[i] = filter(under[first])
	}
	return firsts
}

// filter returns the narrowest topic filter of the form a/+/b or a/# that matches every topic.
func filter(topics []string) string {
	common := strings.Split(topics[0], "/")
	for _, topic := range topics[1:] {
		common = widen(common, topic)
	}
	return strings.Join(common, "/")
}

// widen returns a filter of the same form that matches topic too. It may overwrite the one it is given.
func widen(filter []string, topic string) []string {
	open := filter[len(filter)-1] == "#"
	fixed := filter
	if open {
		fixed = filter[:len(filter)-1]
	}
	rest, more := topic, true
	for i := range fixed {
		if !more {
			return append(slices.Clone(fixed[:i]), "#")
		}
		var level string
		level, rest, more = strings.Cut(rest, "/")
		if fixed[i] != level {
			fixed[i] = "+"
		}
	}
	if more && !open {
		return append(slices.Clone(fixed), "#")
	}
	return filter
}

// headings returns the lines that name a group's changes: one for each of the first, in the words that review tools
// look for, and one that counts the rest.
func (g *group) headings() []string {
	shown := min(len(g.changes), maxHeadings(g.first().Action))
	heads := make([]string, 0, shown+1)
	for _, c := range g.changes[:shown] {
		heads = append(heads, g.heading(c))
	}
	if left := len(g.changes) - shown; left > 0 {
		heads = append(heads, fmt.Sprintf("... and %s more like these (-verbose or -format=json lists all)", number(left)))
	}
	return heads
}

func (g *group) heading(c *plan.Change) string {
	if g.accepted {
		return addressOf(c) + " " + driftOutcome(c)
	}
	return heading(c)
}

// notes returns where a group's changes are declared and why they are planned.
func (g *group) notes() []string {
	var notes []string
	places := g.places()
	if len(places) > 0 {
		at := "at " + strings.Join(places[:min(len(places), 3)], ", ")
		if left := len(places) - 3; left > 0 {
			at += " and " + Count(left, "more place")
		}
		notes = append(notes, at)
	}
	why := reasonWords(g.first())
	if g.accepted { // the heading says the first
		why = why[1:]
	}
	for _, why := range why {
		notes = append(notes, "("+why+")")
	}
	if g.valuesVary {
		notes = append(notes, fmt.Sprintf(
			"(%s: the first is shown, the others have the same fields with other values)",
			Count(len(g.changes), "message")))
	}
	return notes
}

// lines returns the body of a group: the block with its topics, and what changes in it.
func (g *group) lines(withBroker bool, max limits) []line {
	c := g.first()
	glyph := c.Action
	open := line{glyph: glyph, text: "message {"}
	if name := g.name(); name != "" {
		open.text = "message " + quote(name) + " {"
	}
	keyGlyph := glyph // of the fields that identify the message
	if glyph == plan.Update || glyph == plan.Import || glyph == plan.Forget {
		keyGlyph = context
	}
	lines := []line{open}
	if withBroker {
		lines = append(lines, line{keyGlyph, 1, "broker", "= broker." + propertyName(c.Broker)})
	}
	lines = append(lines, line{keyGlyph, 1, "topic", "= " + g.topics()})
	lines = append(lines, changeLines(c, max)...)
	return append(align(lines), line{glyph: context, text: "}"})
}

// name returns the label of the block that all changes of a group come from, or "" if they come from several blocks or
// from none.
func (g *group) name() string {
	name := g.first().Name
	for _, c := range g.changes {
		if c.Name != name {
			return ""
		}
	}
	return name
}

// title returns a group on one line, for formats that fold the body away.
func (g *group) title() string {
	s := string(g.first().Action) + " " + g.heading(g.first())
	if n := len(g.changes) - 1; n > 0 {
		s += " (and " + number(n) + " more)"
	}
	return s
}
