package diag

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// Located says where in a value an error is: `devices["a"].at.x: a number is
// required`. The keys of a sensitive value are left out with the rest of it.
func Located(err error, value cty.Value) error {
	var at cty.PathError
	if !errors.As(err, &at) || len(at.Path) == 0 || sensitive.Is(value) {
		return err
	}
	var b strings.Builder
	for _, step := range at.Path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			b.WriteString("." + step.Name)
		case cty.IndexStep:
			if !step.Key.IsKnown() || step.Key.IsNull() || !step.Key.Type().IsPrimitiveType() {
				b.WriteString("[...]")
			} else {
				b.WriteString(addrs.Key(step.Key))
			}
		}
	}
	return fmt.Errorf("%s: %w", Excerpt(strings.TrimPrefix(b.String(), ".")), err)
}
