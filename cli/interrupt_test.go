package cli_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/retainctl/retainctl/cli"
	"github.com/retainctl/retainctl/embedded/server"
)

// TestInterruptedWhilePlanning checks that Ctrl-C during a read is not reported as a failure of the
// broker or of the state's store. Neither answers here.
func TestInterruptedWhilePlanning(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "test") // the client of the state's bucket reads the process's own
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	configurations := map[string]string{
		"mqtt":    `broker "mqtt" "lab" { url = "mqtt://` + silent.Addr().String() + `" }`,
		"aws_iot": "broker \"aws_iot\" \"lab\" {\n region = \"eu-west-1\"\n endpoint = \"http://" + silent.Addr().String() + "\"\n}",
		"s3":      "retainctl {\n backend \"s3\" {\n bucket = \"states\"\n key = \"fleet\"\n endpoint = \"http://" + silent.Addr().String() + "\"\n}\n}",
		"http":    "retainctl {\n backend \"http\" {\n address = \"http://" + silent.Addr().String() + "/state\"\n}\n}",
	}
	for kind, block := range configurations {
		dir := t.TempDir()
		text := block + "\nmessage \"a\" { payload = \"1\" }\n"
		if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		signals := make(chan os.Signal, 1)
		go func() {
			if conn, err := silent.Accept(); err == nil { // the plan waits for an answer now
				signals <- os.Interrupt
				defer conn.Close()
				conn.Read(make([]byte, 1<<20))
				conn.Read(make([]byte, 1))
			}
		}()
		var stderr sharedBuffer
		code := cli.Run([]string{"plan", "-lock=false"}, cli.Env{
			Dir: dir, Signals: signals, Stdout: new(bytes.Buffer), Stderr: &stderr,
			Environ: []string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test"},
		})
		if code != 130 || !strings.Contains(stderr.String(), "nothing was published") {
			t.Errorf("%s: exit %d, want 130\n%s", kind, code, stderr.String())
		}
	}
}

// sharedBuffer is a buffer that several goroutines may write to, as to a file.
type sharedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *sharedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestASecondSignalExitsAtOnce sends SIGTERM while a publish is in flight, for which the program waits,
// and then a second one.
func TestASecondSignalExitsAtOnce(t *testing.T) {
	b, _ := newBroker(t, server.Options{})
	signals, exited := make(chan os.Signal), make(chan int, 1)
	aws := b.AWSHandler()
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // it is answered only after the process would have ended
			signals <- syscall.SIGTERM
			signals <- syscall.SIGTERM
			exited <- <-exited
		}
		aws.ServeHTTP(w, r)
	}))
	defer served.Close()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.retain.hcl"), []byte("broker \"aws_iot\" \"lab\" {\n region = \"eu-west-1\"\n endpoint = \""+served.URL+"\"\n}\nmessage \"a\" { payload = \"1\" }\n"))
	var stderr sharedBuffer
	code := cli.Run([]string{"apply", "-auto-approve"}, cli.Env{
		Dir: dir, Signals: signals, Stdout: new(bytes.Buffer), Stderr: &stderr, Exit: func(code int) { exited <- code },
		Environ: []string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test"},
	})
	if first := <-exited; first != 130 || code != 130 {
		t.Errorf("the second signal exits with %d and Run with %d, want 130\n%s", first, code, stderr.String())
	}
}
