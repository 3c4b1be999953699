package cli_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/embedded/server"
)

// TestSlowReadsAreSeen holds that a terminal shows what a plan waits for.
func TestSlowReadsAreSeen(t *testing.T) {
	t.Parallel()
	b, _ := newBroker(t, server.Options{})
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(1200 * time.Millisecond)
		b.AWSHandler().ServeHTTP(w, r)
	}))
	defer served.Close()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.retain.hcl"), []byte("broker \"aws_iot\" \"slow\" {\n  region   = \"eu-west-1\"\n  endpoint = \""+served.URL+"\"\n}\n"+hello))
	screen, exit := onTerminal(t, dir, "", "plan")
	if exit != 0 || !strings.Contains(screen, "\rReading 1 topic of 1 broker: 1 s\x1b[K") || !strings.Contains(screen, "\r\x1b[K") {
		t.Errorf("exit %d: %q", exit, screen)
	}
}
