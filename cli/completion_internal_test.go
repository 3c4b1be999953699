package cli

import (
	"context"
	"testing"
)

func TestCompletionGivesUpInTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	got := inTime(ctx, func() completion { <-never; return completion{shell: "files"} })
	if got.shell != "" {
		t.Errorf("got %v from a configuration that takes for ever", got)
	}
	whole := inTime(t.Context(), func() completion { return completion{shell: "files"} })
	if whole.shell != "files" {
		t.Errorf("got %v where there was time", whole)
	}
}
