//go:build unix

package broker

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/retainctl/retainctl/spec"
)

// TestFilesOfCertificates holds that a configuration names regular files of a bounded size: a pipe would be waited
// for, and a device has no end.
func TestFilesOfCertificates(t *testing.T) {
	dir := t.TempDir()
	pipe, large, good := filepath.Join(dir, "pipe"), filepath.Join(dir, "large"), filepath.Join(dir, "good")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{os.WriteFile(large, nil, 0o600), os.Truncate(large, maxCertificates+1), os.WriteFile(good, nil, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	address, err := spec.ParseMQTTAddress("mqtts://localhost")
	if err != nil {
		t.Fatal(err)
	}
	for file, wrong := range map[string]string{pipe: "a pipe", large: "larger than", "/dev/zero": "a device", dir: "a folder"} {
		for name, s := range map[string]spec.MQTTSettings{
			"ca_file": {CAFile: file}, "cert_file": {CertFile: file, KeyFile: good}, "key_file": {CertFile: good, KeyFile: file},
		} {
			s.Address = address
			if _, err := tlsConfig(&s); err == nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("%s = %s: error %v, want %q", name, file, err, wrong)
			}
		}
	}
}
