package contract

import (
	"context"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	ours "github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/spec"
)

func embedded() brokertest.Open {
	return func(t *testing.T) broker.Writer {
		return open(t, spec.Broker{Type: "embedded", Settings: &spec.EmbeddedSettings{Path: filepath.Join(t.TempDir(), "broker.db")}})
	}
}

func newOurs(t *testing.T, o ours.Options) *ours.Broker {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "broker.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.Store, o.Log = st, func(string, ...any) {}
	b := ours.New(o)
	t.Cleanup(func() {
		b.Close()
		st.Close()
	})
	return b
}

// startOurs serves over TCP what "retainctl broker" serves.
func startOurs(t *testing.T, o ours.Options) string {
	o.Version = "retainctl broker"
	b := newOurs(t, o)
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

// ignoreAWS hides the AWS settings of the machine, for all tests, so that they can run in parallel.
func ignoreAWS() {
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		os.Setenv(name, os.DevNull)
	}
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// startAWS serves the AWS data plane of "retainctl broker".
func startAWS(t *testing.T, o ours.Options) string {
	endpoint := httptest.NewServer(newOurs(t, o).AWSHandler())
	t.Cleanup(endpoint.Close)
	return endpoint.URL
}

func overAWS(endpoint string) brokertest.Open {
	return func(t *testing.T) broker.Writer { return open(t, awsBlock(endpoint)) }
}

func awsBlock(endpoint string) spec.Broker {
	return spec.Broker{Type: "aws_iot", Name: "b", Settings: &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: endpoint, Rate: 10_000}}
}
