package broker_test

import (
	"path/filepath"
	"testing"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/spec"
)

func TestEmbeddedContract(t *testing.T) {
	brokertest.Run(t, func(t *testing.T) broker.Writer {
		w, err := broker.Open(t.Context(), spec.Broker{
			Type: "embedded", Name: "dev",
			Settings: &spec.EmbeddedSettings{Path: filepath.Join(t.TempDir(), "broker.db")},
		}, broker.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return w
	})
}
