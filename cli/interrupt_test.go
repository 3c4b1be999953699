package cli_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/cli"
)

// TestInterruptedWhilePlanning holds that Ctrl-C during a read is no failure of
// the broker, which is silent here.
func TestInterruptedWhilePlanning(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	configurations := map[string]string{
		"mqtt":    `broker "mqtt" "lab" { url = "mqtt://` + silent.Addr().String() + `" }`,
		"aws_iot": "broker \"aws_iot\" \"lab\" {\n region = \"eu-west-1\"\n endpoint = \"http://" + silent.Addr().String() + "\"\n}",
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
		var stderr bytes.Buffer
		code := cli.Run([]string{"plan"}, cli.Env{
			Dir: dir, Signals: signals, Stdout: new(bytes.Buffer), Stderr: &stderr,
			Environ: []string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test"},
		})
		if code != 130 || !strings.Contains(stderr.String(), "nothing was published") {
			t.Errorf("%s: exit %d, want 130\n%s", kind, code, stderr.String())
		}
	}
}
