package broker_test

import (
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/spec"
)

func TestAWSContract(t *testing.T) {
	broker.ShutAWSEnvironment(t)
	st, err := store.Open(filepath.Join(t.TempDir(), "broker.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	b := server.New(server.Options{Store: st})
	defer b.Close()
	endpoint := httptest.NewServer(b.AWSHandler())
	defer endpoint.Close()
	brokertest.Run(t, func(t *testing.T) broker.Writer {
		w, err := broker.Open(t.Context(), spec.Broker{
			Type: "aws_iot", Name: "prod",
			Settings: &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: endpoint.URL},
		}, broker.Options{})
		if err != nil {
			t.Fatal(err)
		}
		broker.Unpace(w)
		return w
	})
}
