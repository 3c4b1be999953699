package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/broker/brokertest"
)

// TestSystemRoots checks that the system's authorities are trusted if there is no ca_file. It runs the
// program in another process, because a process reads these authorities only once.
func TestSystemRoots(t *testing.T) {
	ours := brokertest.NewAuthority(t, "ours")
	ours.Issue("server", "127.0.0.1")
	m := brokertest.StartMosquitto(t, "allow_anonymous true", "certfile "+ours.File("server.pem"), "keyfile "+ours.File("server.key"))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.retain.hcl"), fmt.Appendf(nil, "broker \"mqtt\" \"lab\" { url = \"mqtts://%s\" }\nmessage \"a\" { payload = \"1\" }\n", m.Address))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := brokertest.NewAuthority(t, "other").File("ca.pem")
	for roots, want := range map[string]string{ours.File("ca.pem"): "Plan: 1 to add", other: "name its certificate"} {
		cmd := exec.Command(self)
		cmd.Args = []string{"retainctl", "plan"}
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "SSL_CERT_FILE="+roots, "SSL_CERT_DIR="+t.TempDir())
		out, err := cmd.CombinedOutput()
		if flat := strings.Join(strings.Fields(string(out)), " "); !strings.Contains(flat, want) || (err == nil) != (roots != other) {
			t.Errorf("with the authorities of %s: %v, want %q\n%s", roots, err, want, out)
		}
	}
}
