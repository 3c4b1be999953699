// Package diag creates, counts and orders the diagnostics of a configuration. A diagnostic
// says what is wrong, where, and what to do. It never quotes a sensitive value. A mistake
// that many instances share is reported once, with their number.
package diag

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Errorf returns an error about a range. at is nil if the error is not about a file.
func Errorf(at *hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: at}
}

// Warnf returns a warning about a range, which may be nil.
func Warnf(at *hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	d := Errorf(at, summary, format, args...)
	d.Severity = hcl.DiagWarning
	return d
}

// WithinFiles limits the ranges of diagnostics to their files. The JSON scanner reports an
// unclosed string with an end beyond the last byte, and a diagnostic writer would slice the
// source by it.
func WithinFiles(diags hcl.Diagnostics, files map[string]*hcl.File) {
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

// InOrder sorts diagnostics by file and position, in place. Those without a position come
// first.
func InOrder(diags hcl.Diagnostics) hcl.Diagnostics {
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
