package observe

import (
	"context"
	"fmt"

	"github.com/retainctl/retainctl/state"
)

// UnusableError reports a broker that could not be opened, scanned or read.
type UnusableError struct {
	Name string // the block's label
	Err  error
}

func (e *UnusableError) Error() string { return fmt.Sprintf("use broker %q: %v", e.Name, e.Err) }
func (e *UnusableError) Unwrap() error { return e.Err }

// unusable wraps an error of a broker, named by its block's label, in an *UnusableError. If ctx
// has ended it returns ctx.Err() instead, because an interruption is not about any broker. It
// returns nil for a nil error.
func unusable(ctx context.Context, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return &UnusableError{name, err}
}

// UnscannableError reports a broker that shows no retained messages to wildcard subscriptions.
type UnscannableError struct {
	Name string // the block's label
	Err  error
}

func (e *UnscannableError) Error() string { return fmt.Sprintf("scan broker %q: %v", e.Name, e.Err) }
func (e *UnscannableError) Unwrap() error { return e.Err }

// UnreadError reports topics of a broker that could not be read.
type UnreadError struct {
	Name   string           // the block's label
	Topics map[string]error // with the reason for each
}

func (e *UnreadError) Error() string {
	return fmt.Sprintf("broker %q left %d topics unread", e.Name, len(e.Topics))
}

// SharedError reports two blocks that lead to the same broker.
type SharedError struct {
	One, Other string // the blocks' labels
	Identity   state.Identity
}

func (e *SharedError) Error() string {
	return fmt.Sprintf("broker %q and broker %q both lead to %s", e.One, e.Other, e.Identity)
}

// MovedError reports a block that led to one broker, which has records, and now leads to another.
type MovedError struct{ state.Moved }

func (e *MovedError) Error() string {
	return fmt.Sprintf("broker %q was %s and is now %s", e.Name, e.Was, e.Now)
}

// OrphanError reports a broker that has records and that no block leads to.
type OrphanError struct {
	state.Orphan
	Unasked bool // no broker was opened: only the labels of the blocks are known
}

func (e *OrphanError) Error() string {
	return fmt.Sprintf("no broker block leads to %s, which was broker %q", e.Identity, e.Name)
}

// BackupError reports a broker that a backup has messages of and that no block leads to.
type BackupError struct {
	Identity state.Identity
	Name     string // the label of the block that led to it
}

func (e *BackupError) Error() string {
	return fmt.Sprintf("no broker block leads to %s of the backup, which was broker %q", e.Identity, e.Name)
}

// UndeclaredError reports a broker of a plan that the configuration has no block for.
type UndeclaredError struct{ Name string }

func (e *UndeclaredError) Error() string { return fmt.Sprintf("no block declares broker %q", e.Name) }

// ReplacedError reports a block that now leads to a different broker than when the plan was made.
type ReplacedError struct {
	Name         string
	Planned, Now state.Identity
}

func (e *ReplacedError) Error() string {
	return fmt.Sprintf("broker %q was %s when the plan was made and is now %s", e.Name, e.Planned, e.Now)
}
