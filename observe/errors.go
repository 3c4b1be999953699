package observe

import (
	"context"
	"fmt"

	"github.com/retainctl/retainctl/state"
)

// UnusableError is a broker that could not be opened, scanned or read.
type UnusableError struct {
	Name string // the block's label
	Err  error
}

func (e *UnusableError) Error() string { return fmt.Sprintf("use broker %q: %v", e.Name, e.Err) }
func (e *UnusableError) Unwrap() error { return e.Err }

// unusable says which broker an error is about. An interruption is not about any.
func unusable(ctx context.Context, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return &UnusableError{name, err}
}

// UnscannableError is a broker that shows no retained messages to wildcard subscriptions.
type UnscannableError struct {
	Name string // the block's label
	Err  error
}

func (e *UnscannableError) Error() string { return fmt.Sprintf("scan broker %q: %v", e.Name, e.Err) }
func (e *UnscannableError) Unwrap() error { return e.Err }

// UnreadError is a broker of which it is not known what it holds at some topics.
type UnreadError struct {
	Name   string           // the block's label
	Topics map[string]error // with the reason of each
}

func (e *UnreadError) Error() string {
	return fmt.Sprintf("broker %q left %d topics unread", e.Name, len(e.Topics))
}

// SharedError is one broker that two blocks lead to.
type SharedError struct {
	One, Other string // the blocks' labels
	Identity   state.Identity
}

func (e *SharedError) Error() string {
	return fmt.Sprintf("broker %q and broker %q both lead to %s", e.One, e.Other, e.Identity)
}

// MovedError is a block that leads to another broker than the one that records belong to.
type MovedError struct{ state.Moved }

func (e *MovedError) Error() string {
	return fmt.Sprintf("broker %q was %s and is now %s", e.Name, e.Was, e.Now)
}

// OrphanError is a broker that records belong to and no block leads to.
type OrphanError struct {
	state.Orphan
	Unasked bool // no broker was asked where it leads: only the labels say so
}

func (e *OrphanError) Error() string {
	return fmt.Sprintf("no broker block leads to %s, which was broker %q", e.Identity, e.Name)
}

// BackupError is a broker that a backup holds messages of and no block leads to.
type BackupError struct {
	Identity state.Identity
	Name     string // the label of the block that led to it
}

func (e *BackupError) Error() string {
	return fmt.Sprintf("no broker block leads to %s of the backup, which was broker %q", e.Identity, e.Name)
}

// UndeclaredError is a broker of a plan that the configuration has no block for.
type UndeclaredError struct{ Name string }

func (e *UndeclaredError) Error() string { return fmt.Sprintf("no block declares broker %q", e.Name) }

// ReplacedError is a block that leads to another broker than when the plan was made.
type ReplacedError struct {
	Name         string
	Planned, Now state.Identity
}

func (e *ReplacedError) Error() string {
	return fmt.Sprintf("broker %q was %s when the plan was made and is now %s", e.Name, e.Planned, e.Now)
}
