package diag_test

import (
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
)

// TestRepeatsAreCounted checks that a mistake in many instances is one diagnostic, and that two
// mistakes with the same range are two diagnostics if their kinds differ.
func TestRepeatsAreCounted(t *testing.T) {
	c := diag.NewCollector("block")
	at := hcl.Range{Filename: "main.retain.hcl"}
	for _, instance := range []string{"message.m[0]", "message.m[0]", "message.m[1]", "message.m[2]"} {
		sink := c.Sink(instance)
		sink.Add(diag.Errorf(&at, "Wrong", "It is wrong."))
	}
	sink := c.Sink("message.m[1]")
	sink.AddKind("other", diag.Errorf(&at, "Wrong", "It is wrong in another way."))
	got := c.Diagnostics()
	if len(got) != 2 {
		t.Fatalf("%d diagnostics: %v", len(got), got)
	}
	for i, want := range []string{
		"It is wrong.\n\nThis is about message.m[0] and 2 more of this block.",
		"It is wrong in another way.\n\nThis is about message.m[1].",
	} {
		if got[i].Detail != want {
			t.Errorf("got %q, want %q", got[i].Detail, want)
		}
	}
}

// TestTheOnlyInstanceIsNotNamed checks that a diagnostic names an instance only if there are several.
func TestTheOnlyInstanceIsNotNamed(t *testing.T) {
	c := diag.NewCollector("block")
	sink := c.Sink("")
	sink.Add(diag.Warnf(nil, "Odd", "It is odd."))
	if got := c.Diagnostics(); len(got) != 1 || got[0].Detail != "It is odd." || got[0].Severity != hcl.DiagWarning {
		t.Errorf("got %v", got)
	}
}
