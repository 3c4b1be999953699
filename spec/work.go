package spec

import (
	"context"

	"github.com/retainctl/retainctl/spec/bounds"
)

// Work follows one evaluation from outside. Work.At returns the place of the expression that is being
// evaluated. When the context of NewWork ends, Load ends with an error before the next expression or the
// next call of a function. It cannot end within one expression, such as a for expression inside another:
// a program that evaluates configurations which it does not trust watches the time and the memory, and
// ends its process, as the command line does.
type Work = bounds.Work

// NewWork returns the work of an evaluation that ends with ctx.
func NewWork(ctx context.Context) *Work { return bounds.NewWork(ctx) }
