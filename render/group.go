package render

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/plan"
)

// group is changes that read as one: the same action for the same reasons, with
// the same body or at least the same fields in it. The first stands for all.
type group struct {
	changes []*plan.Change
	alike   bool // the bodies differ in their values

	accepted bool // somebody else's changes, which are recorded: see asSeen
}

func (g *group) first() *plan.Change { return g.changes[0] }

// groupKey is a digest of what makes changes equal, so that the keys of 100,000
// changes stay small.
type groupKey [sha256.Size]byte

// distinct is how many bodies of one shape are shown before one stands for all:
// a reader wants to see a handful of new messages, but not a fleet of them.
func distinct(a plan.Action) int {
	if a == plan.Update {
		return 10
	}
	return 3
}

// groupChanges puts equal changes together, in the order of their first. Where
// more bodies of one shape come together than a reader would read, they become
// one group too. With verbose every change stands alone.
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
	number := map[groupKey]int{}
	for _, s := range shapes {
		number[s]++
	}
	var merged []group
	into := map[groupKey]int{}
	for i, g := range groups {
		s := shapes[i]
		if number[s] <= distinct(g.first().Action) {
			merged = append(merged, g)
			continue
		}
		at, known := into[s]
		if !known {
			into[s] = len(merged)
			merged = append(merged, group{changes: g.changes, alike: true})
			continue
		}
		merged[at].changes = append(merged[at].changes, g.changes...)
	}
	return merged
}

// keys gives the key of equal changes, and that of changes of one block and
// shape. Equal edits are equal whichever block declares them.
func keys(c *plan.Change) (same, shape groupKey) {
	var exact, outline strings.Builder
	fmt.Fprintf(&exact, "%c %v %q %t\n", c.Action, c.Reasons, c.Broker, c.Name == "")
	outline.WriteString(exact.String())
	outline.WriteString(c.Block())
	for _, l := range changeLines(c, limits{}) { // whole: what is cut off may differ
		exact.WriteString(l.String())
		exact.WriteByte('\n')
		outline.WriteByte('\n')
		outline.WriteString(string(l.glyph) + l.name) // a line of text has no name
	}
	return sha256.Sum256([]byte(exact.String())), sha256.Sum256([]byte(outline.String()))
}

// places lists where the changes of a group are declared, each once.
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

// topics shows the topics of a group: all of a few, and of many the filters that hold
// them.
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

// filters gives the one filter that topics have in common, or where that says nothing
// of them one for each of their first levels.
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

// filter is the narrowest topic filter of the form a/+/b or a/# that holds every topic.
func filter(topics []string) string {
	common := strings.Split(topics[0], "/")
	for _, topic := range topics[1:] {
		common = widen(common, topic)
	}
	return strings.Join(common, "/")
}

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

// headings are the lines that name a group's changes: one for each of the first,
// in the words that review tools look for, and one that counts the rest.
func (g *group) headings() []string {
	shown := min(len(g.changes), shownAddresses(g.first().Action))
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
		return addressOf(c) + " " + happened(c)
	}
	return heading(c)
}

// notes say where a group's changes are declared and why they are planned.
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
	if g.accepted { // the heading says it
		why = why[1:]
	}
	for _, why := range why {
		notes = append(notes, "("+why+")")
	}
	if g.alike {
		notes = append(notes, fmt.Sprintf("(%s: shown is the first, the others have the same fields with other values)", Count(len(g.changes), "message")))
	}
	return notes
}

// lines is the whole body of a group: the block with its topics, and what
// changes of it.
func (g *group) lines(withBroker bool, max limits) []line {
	c := g.first()
	glyph := c.Action
	open := line{glyph: glyph, text: "message {"}
	if name := g.name(); name != "" {
		open.text = "message " + quote(name) + " {"
	}
	steady := glyph // of fields that identify the message
	if glyph == plan.Update || glyph == plan.Import || glyph == plan.Forget {
		steady = context
	}
	lines := []line{open}
	if withBroker {
		lines = append(lines, line{steady, 1, "broker", "= broker." + propertyName(c.Broker)})
	}
	lines = append(lines, line{steady, 1, "topic", "= " + g.topics()})
	lines = append(lines, changeLines(c, max)...)
	return append(align(lines), line{glyph: context, text: "}"})
}

// name is the label of the block that all changes of a group come from, "" where
// they come from several or from none.
func (g *group) name() string {
	name := g.first().Name
	for _, c := range g.changes {
		if c.Name != name {
			return ""
		}
	}
	return name
}

// title is a group on one line, for formats that fold the body away.
func (g *group) title() string {
	s := string(g.first().Action) + " " + g.heading(g.first())
	if n := len(g.changes) - 1; n > 0 {
		s += " (and " + number(n) + " more)"
	}
	return s
}
