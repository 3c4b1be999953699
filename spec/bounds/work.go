package bounds

import (
	"context"
	"sync"

	"github.com/hashicorp/hcl/v2"
)

// Work follows one evaluation from outside: it says which expression is being evaluated, and ends
// the evaluation when its context ends. hcl and cty cannot be interrupted within an expression, so
// the evaluation ends before the next expression or the next call of a function. It is safe for
// concurrent use.
type Work struct {
	ctx context.Context
	mu  sync.Mutex
	at  hcl.Expression // that was begun last
}

// NewWork returns the work of an evaluation that ends with ctx.
func NewWork(ctx context.Context) *Work { return &Work{ctx: ctx} }

// Begin says that an expression is evaluated now.
func (w *Work) Begin(expr hcl.Expression) {
	w.mu.Lock()
	w.at = expr
	w.mu.Unlock()
}

// At returns the place of the expression that was begun last, or nil if none was.
func (w *Work) At() *hcl.Range {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at == nil {
		return nil
	}
	return w.at.Range().Ptr()
}

// Ended returns the reason why the evaluation has to end, or nil while it may go on.
func (w *Work) Ended() error {
	if w.ctx.Err() == nil {
		return nil
	}
	return context.Cause(w.ctx)
}
