package cli

import (
	"context"
	"testing"
)

func TestAbandonable(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	if got, err := abandonable(ctx, func() int { <-never; return 1 }); err != context.Canceled || got != 0 {
		t.Errorf("a function that does not return: %d, %v", got, err)
	}
	if got, err := abandonable(t.Context(), func() int { return 1 }); err != nil || got != 1 {
		t.Errorf("a function that returns: %d, %v", got, err)
	}
}
