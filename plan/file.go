package plan

import (
	"errors"
	"io"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// ErrStale is a plan whose state moved since it was made.
var ErrStale = errors.New("the plan is stale")

// Save writes a plan file.
func Save(w io.Writer, p *Plan) error { panic("not yet") }

// Load reads a plan file.
func Load(r io.Reader) (*Plan, error) { panic("not yet") }

// Resolve fills in the sensitive messages of a loaded plan from the configuration
// evaluated again; key is the state's digest key.
func (p *Plan) Resolve(desired []spec.Message, key []byte) error { panic("not yet") }

// Stale tells whether the state moved since the plan was made.
func (p *Plan) Stale(prior *state.Snapshot) error { panic("not yet") }

// Token is a hash over what the plan would do.
func (p *Plan) Token() string { panic("not yet") }
