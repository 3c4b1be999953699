package sensitive

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// A leaf's mark on anything but its document marks all of it.
func TestPartsOfAnotherValue(t *testing.T) {
	marks := Leaves("another", []string{"/a"})
	for _, v := range []cty.Value{
		cty.StringVal("x").WithMarks(marks), cty.UnknownVal(cty.String).WithMarks(marks),
		cty.NullVal(cty.String).WithMarks(marks), cty.True.WithMarks(marks),
	} {
		if all, leaves := Parts(v); !all || leaves != nil {
			t.Errorf("%#v: all %v, leaves %q, want all", v, all, leaves)
		}
	}
}
