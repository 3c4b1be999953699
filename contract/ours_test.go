package contract

import (
	"context"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/retainctl/retainctl/broker"
	ours "github.com/retainctl/retainctl/broker/server"
	"github.com/retainctl/retainctl/broker/store"
	"github.com/retainctl/retainctl/spec"
)

func embedded() func(*testing.T) broker.Writer {
	return func(t *testing.T) broker.Writer {
		return open(t, spec.Broker{Type: "embedded", Settings: &spec.EmbeddedSettings{Path: filepath.Join(t.TempDir(), "broker.db")}})
	}
}

func newOurs(t *testing.T) *ours.Broker {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "broker.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := ours.New(ours.Options{Store: st, Log: func(string, ...any) {}})
	t.Cleanup(func() {
		b.Close()
		st.Close()
	})
	return b
}

// startOurs serves what "retainctl broker" does over TCP.
func startOurs(t *testing.T) string {
	b := newOurs(t)
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// startAWS serves the AWS data plane of "retainctl broker", and keeps out what
// the machine is set to.
func startAWS(t *testing.T) string {
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, os.DevNull)
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	endpoint := httptest.NewServer(newOurs(t).AWSHandler())
	t.Cleanup(endpoint.Close)
	return endpoint.URL
}

func overAWS(endpoint string) func(*testing.T) broker.Writer {
	return func(t *testing.T) broker.Writer {
		return open(t, spec.Broker{Type: "aws_iot", Settings: &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: endpoint, Rate: 10_000}})
	}
}
