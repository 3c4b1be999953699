package spec

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// errorf makes an error of a place, which may be nil.
func errorf(at *hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: at}
}

// warnf makes a warning of a place.
func warnf(at *hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	d := errorf(at, summary, format, args...)
	d.Severity = hcl.DiagWarning
	return d
}

// withinFiles cuts places to their files: the JSON scanner gives an unclosed
// string an end beyond the last byte, and a diagnostic writer cuts lines by it.
func withinFiles(diags hcl.Diagnostics, files map[string]*hcl.File) {
	for _, d := range diags {
		if d.Subject == nil || files[d.Subject.Filename] == nil {
			continue
		}
		at, size := *d.Subject, len(files[d.Subject.Filename].Bytes)
		at.End.Byte = min(at.End.Byte, size)
		at.Start.Byte = min(at.Start.Byte, at.End.Byte)
		d.Subject = &at
		if d.Context != nil && d.Context.End.Byte > size {
			d.Context = nil
		}
	}
}

// inOrder sorts diagnostics as a reader goes through the files: those without a
// place first.
func inOrder(diags hcl.Diagnostics) hcl.Diagnostics {
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		var x, y hcl.Range
		if a.Subject != nil {
			x = *a.Subject
		}
		if b.Subject != nil {
			y = *b.Subject
		}
		return cmp.Or(cmp.Compare(x.Filename, y.Filename), cmp.Compare(x.Start.Byte, y.Start.Byte))
	})
	return diags
}
