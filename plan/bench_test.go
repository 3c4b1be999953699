package plan_test

import (
	"fmt"
	"testing"

	"github.com/retainctl/retainctl/plan"
)

// BenchmarkNew plans 100,000 messages of which none, one percent or all are changed.
func BenchmarkNew(b *testing.B) {
	const n = 100_000
	w := newWorld()
	all := fleet(n)
	w.runUnchecked(w.plan(all...))
	for _, changed := range []int{0, n / 100, n} {
		desired := fleet(n)
		for i := range changed {
			desired[i].Payload = fmt.Appendf(nil, `{"id":%d,"setpoint":22,"unit":"C","site":"attic"}`, i)
		}
		in := w.input(desired...)
		b.Run(fmt.Sprintf("changed=%d", changed), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				in.plan()
			}
		})
	}
	b.Run("create", func(b *testing.B) {
		in := newWorld().input(all...)
		for b.Loop() {
			in.plan()
		}
	})
	b.Run("destroy", func(b *testing.B) {
		in := w.input(all...)
		in.Mode = plan.DestroyAll
		for b.Loop() {
			in.plan()
		}
	})
	b.Run("token", func(b *testing.B) {
		p := newWorld().plan(all...)
		for b.Loop() {
			p.Token()
		}
	})
	b.Run("save", func(b *testing.B) {
		p := newWorld().plan(all...)
		for b.Loop() {
			save(b, p)
		}
	})
}
