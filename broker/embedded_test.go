package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

func openedEmbedded(t *testing.T, path string) Writer {
	t.Helper()
	w, err := openEmbedded(context.Background(), "dev", &spec.EmbeddedSettings{Path: path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// A plan creates no file, and the apply after it opens the same broker.
func TestEmbeddedPlanCreatesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sub", "broker.db")
	w := openedEmbedded(t, path)
	seen, err := w.Read(context.Background(), []string{"a"})
	if err != nil || len(seen.Live)+len(seen.Unread) != 0 {
		t.Fatal(seen, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Fatalf("reading left %v", left)
	}
	planned := w.Info().Identity
	w.Publish(context.Background(), []mqtt.Message{{Topic: "a", Payload: []byte("1")}}, func(_ int, err error) {
		if err != nil {
			t.Error(err)
		}
	})
	w.Close()
	if got := openedEmbedded(t, path).Info().Identity; got != planned || !strings.HasPrefix(got, "embedded:") {
		t.Errorf("planned on %s, applied to %s", planned, got)
	}
}

func TestEmbeddedCancelledPublish(t *testing.T) {
	w := openedEmbedded(t, filepath.Join(t.TempDir(), "broker.db"))
	var batch []mqtt.Message
	for i := range 3 * embeddedBatch {
		batch = append(batch, mqtt.Message{Topic: fmt.Sprint(i), Payload: []byte("x")})
	}
	batch[1].Topic = "a/+"
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stored, cancelled, refused := 0, 0, 0
	w.Publish(ctx, batch, func(i int, err error) {
		cancel()
		switch {
		case err == nil:
			stored++
		case errors.Is(err, context.Canceled):
			cancelled++
		default:
			refused++
		}
	})
	// The refusal comes first and cancels the context: nothing may be sent after it.
	if stored != 0 || refused != 1 || cancelled != len(batch)-1 {
		t.Errorf("%d stored, %d refused, %d cancelled", stored, refused, cancelled)
	}
}

func TestEmbeddedInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broker.db")
	w := openedEmbedded(t, path)
	st, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := w.Read(context.Background(), []string{"a"}); !errors.Is(err, store.ErrInUse) {
		t.Error(err)
	}
}
