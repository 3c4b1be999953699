package state

import "fmt"

const restoreAdvice = "Nothing was changed. Restore the file from version control or a backup; or move it away, and " +
	"the next plan begins a new state and adopts what is live and declared"

// DamagedError reports a document that cannot be read because it is damaged, cut off, or not ours.
type DamagedError struct {
	Line    int    // 1 is the first
	Problem string // a clause about the line, without a full stop
	Advice  string // a sentence or more, without the last full stop
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("line %d: %s. %s", e.Line, e.Problem, e.Advice)
}

// NewerFormatError reports a document that a newer retainctl wrote.
type NewerFormatError struct {
	What           string // "state" or "backup"
	Version, Reads int    // its version, and the newest one that this package reads
}

func (e *NewerFormatError) Error() string {
	return fmt.Sprintf("the %s has format version %d, and this retainctl reads versions up to %d. Use the retainctl "+
		"that wrote it, or a newer one", e.What, e.Version, e.Reads)
}
