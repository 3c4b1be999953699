package sensitive

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

func TestPartsOfNoDocument(t *testing.T) {
	foreign := Leaves("another", []string{"/a"})
	for _, v := range []cty.Value{
		cty.StringVal("x").WithMarks(foreign), cty.UnknownVal(cty.String).WithMarks(foreign), cty.NullVal(cty.String).WithMarks(foreign), cty.True.WithMarks(foreign),
	} {
		if all, leaves := Parts(v); !all || leaves != nil {
			t.Errorf("%#v: all %v, leaves %q, want all", v, all, leaves)
		}
	}
}
