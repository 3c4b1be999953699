package mqtt

import "testing"

// BenchmarkMessage measures what planning does for each message.
func BenchmarkMessage(b *testing.B) {
	m, o := everyField(), everyField()
	hide := Redaction{Fields: FieldContentType | FieldUserProperties}
	for name, do := range map[string]func(){
		"Digest": func() { m.Digest(nil) },
		"Check":  func() { AWSLimits.Check(m) },
		"Doubts": func() { Doubts(m) },
		"Apply":  func() { hide.Apply(m) },
		"Diff":   func() { m.Diff(o) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				do()
			}
		})
	}
}
