package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format gives a file of native syntax in the usual style. The file is for a
// diagnostic writer.
func Format(src []byte, name string) ([]byte, *hcl.File, hcl.Diagnostics) {
	if d := checkDepth(src, name, false); d != nil {
		return nil, &hcl.File{Bytes: src}, hcl.Diagnostics{d}
	}
	file, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, file, diags
	}
	return hclwrite.Format(src), file, diags
}
