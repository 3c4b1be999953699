package spec

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// settings evaluates the retainctl block.
func (mod *moduleInstance) settings(c *Config, overrides []string) {
	var backend *hcl.Block
	if b := mod.decl.Settings; b != nil {
		content, diags := b.Body.Content(language.Find("retainctl", "").Schema())
		mod.sink.Add(diags...)
		c.MaxDeletes = mod.maxDeletes(content.Attributes["max_deletes"])
		for i, block := range content.Blocks {
			if i > 0 {
				mod.sink.Add(diag.Errorf(&block.DefRange, "Duplicate backend block",
					"The first one is at %s. The state is kept in one place.", content.Blocks[0].DefRange))
				break
			}
			backend = block
		}
	}
	c.Backend = mod.backend(backend, overrides)
}

// maxDeletes returns the value of max_deletes, or nil if it is not given or wrong.
func (mod *moduleInstance) maxDeletes(attr *hcl.Attribute) *Threshold {
	if attr == nil {
		return nil
	}
	a := mod.arguments(hcl.Attributes{attr.Name: attr}, &attr.Range)
	value, given := a.plain(attr.Name, cty.DynamicPseudoType)
	if a.broken {
		return nil
	}
	err := errThreshold
	if given {
		if text, bad := convert.Convert(value, cty.String); bad == nil {
			var t Threshold
			if t, err = ParseThreshold(text.AsString()); err == nil {
				return &t
			}
		}
	}
	mod.sink.Add(diag.Errorf(attr.Expr.Range().Ptr(), "Invalid max_deletes", "%s.", diag.Sentence(err)))
	return nil
}

var errThreshold = errors.New("a limit on deletes is a whole number, such as 20, or a percentage of the managed " +
	"messages, such as \"30%\"")

// ParseThreshold parses a limit on deletes: "20", or "30%". White space around it is ignored.
func ParseThreshold(s string) (Threshold, error) {
	digits, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || percent && n > 100 {
		return Threshold{}, errThreshold
	}
	return Threshold{Number: int(n), Percent: percent}, nil
}

// String returns the limit in the form that ParseThreshold accepts.
func (t Threshold) String() string {
	if t.Percent {
		return fmt.Sprintf("%d%%", t.Number)
	}
	return strconv.Itoa(t.Number)
}
