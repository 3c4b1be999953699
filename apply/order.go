package apply

import (
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/plan"
)

// stages returns the indices of a plan's changes in the order in which they are run: first what is
// only recorded, then creates and updates by their dependencies, then deletes in the reverse order.
// So a topic that moved has its new message before the old one is deleted.
func stages(changes []plan.Change) [][]int {
	levels := newLevels(changes)
	var quiet []int
	writes := make([][]int, levels.depth)
	deletes := make([][]int, levels.depth)
	for i := range changes {
		c := &changes[i]
		level := levels.of(c.Block(), nil)
		switch c.Action {
		case plan.Create, plan.Update:
			writes[level] = append(writes[level], i)
		case plan.Delete:
			deletes[levels.depth-1-level] = append(deletes[levels.depth-1-level], i)
		default:
			quiet = append(quiet, i)
		}
	}
	return append(append([][]int{quiet}, writes...), deletes...)
}

// levels computes the length of the longest chain of dependencies that begins at a block. Blocks
// without a change do not count: nothing waits for them.
type levels struct {
	needs map[string][]string        // block address to those it depends on
	holds map[string]map[string]bool // module to the blocks in it
	known map[string]int
	depth int
}

func newLevels(changes []plan.Change) *levels {
	l := &levels{needs: map[string][]string{}, holds: map[string]map[string]bool{}, known: map[string]int{}, depth: 1}
	for i := range changes {
		within := changes[i].Within()
		block := within[0]
		l.needs[block] = union(l.needs[block], changes[i].DependsOn)
		for _, module := range within[1:] {
			if l.holds[module] == nil {
				l.holds[module] = map[string]bool{}
			}
			l.holds[module][block] = true
		}
	}
	for block := range l.needs {
		l.depth = max(l.depth, l.of(block, nil)+1)
	}
	return l
}

// union returns a with what it lacks of b. The instances of a block all declare the same
// dependencies, but older records may have others.
func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(slices.Clip(a), s)
		}
	}
	if a == nil {
		a = []string{}
	}
	return a
}

// of returns a block's level. A configuration has no cycles, but the records of several
// configurations might: a block that is already on the path counts as level 0.
func (l *levels) of(block string, path []string) int {
	if level, ok := l.known[block]; ok {
		return level
	}
	if slices.Contains(path, block) {
		return 0
	}
	level := 0
	path = append(path, block)
	for _, need := range l.needs[block] {
		if _, changes := l.needs[need]; changes {
			level = max(level, l.of(need, path)+1)
		}
		for held := range l.holds[need] {
			level = max(level, l.of(held, path)+1)
		}
	}
	l.known[block] = level
	return level
}

// waiting records which changes failed, to decide which others must not be begun.
type waiting struct {
	failedBlocks    map[string]string // block of a failed change, and modules around it, to its address
	failedAddresses map[string]bool   // addresses whose create or update failed
	needed          map[string]string // block or module that a failed delete still needs, to the delete's address
}

func newWaiting() waiting {
	return waiting{map[string]string{}, map[string]bool{}, map[string]string{}}
}

// fail notes a change that was not done.
func (w waiting) fail(c *plan.Change) {
	if c.Action != plan.Delete {
		for _, within := range c.Within() {
			w.failedBlocks[within] = c.Address
		}
		w.failedAddresses[c.Address] = true
		return
	}
	for _, need := range c.DependsOn {
		w.needed[need] = c.Address
	}
}

// blocked returns why a change must not be begun, or "" if it may.
func (w waiting) blocked(c *plan.Change) string {
	if c.Action == plan.Delete {
		if w.failedAddresses[c.Address] {
			return "the message that replaces it was not published"
		}
		for _, within := range c.Within() {
			if by, ok := w.needed[within]; ok {
				return fmt.Sprintf("%s depends on it and was not deleted", by)
			}
		}
		return ""
	}
	for _, need := range c.DependsOn {
		if by, ok := w.failedBlocks[need]; ok {
			return fmt.Sprintf("it depends on %s, which was not done", by)
		}
	}
	return ""
}
