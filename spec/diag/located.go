package diag

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// Located prefixes an error with its path in a value, if it has one:
// `devices["a"].at.x: a number is required`. The path of an error in a sensitive value is
// omitted, because it contains keys of the value.
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
