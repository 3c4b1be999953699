package broker_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/spec"
)

// TestCertificateFiles checks that what a block names as a certificate or key is read only if it is a
// regular file of a plausible size: each of these would take all memory, or wait for ever.
func TestCertificateFiles(t *testing.T) {
	ours := brokertest.NewAuthority(t, "ours")
	ours.Issue("client")
	folder := t.TempDir()
	pipe, large := filepath.Join(folder, "pipe"), filepath.Join(folder, "large")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, broker.CertificateBytes+1); err != nil { // sparse: costs no disk
		t.Fatal(err)
	}
	good := spec.MQTTSettings{Address: brokertest.At("mqtts://broker.lab:8883"), CAFile: ours.File("ca.pem"), CertFile: ours.File("client.pem"), KeyFile: ours.File("client.key")}
	if _, err := broker.TLSConfig(&good); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/dev/zero": "/dev/zero is not a regular file", pipe: "is not a regular file", folder: "is not a regular file",
		large: "is larger than 4 MiB", filepath.Join(folder, "none"): "no such file",
	} {
		for argument, set := range map[string]func(*spec.MQTTSettings){
			"read ca_file":                func(s *spec.MQTTSettings) { s.CAFile = path },
			"load cert_file and key_file": func(s *spec.MQTTSettings) { s.CertFile = path },
			"key_file":                    func(s *spec.MQTTSettings) { s.KeyFile = path },
		} {
			s := good
			set(&s)
			done := make(chan error, 1)
			go func() {
				_, err := broker.TLSConfig(&s)
				done <- err
			}()
			select {
			case err := <-done:
				if err == nil || !strings.Contains(err.Error(), argument) || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %v, want %q", argument, err, want)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: %s is waited for", argument, path)
			}
		}
	}
}
