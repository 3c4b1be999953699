package cli_test

import (
	"path/filepath"
	"testing"

	"github.com/retainctl/retainctl/cli"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/embedded/store"
)

// newBroker makes our own broker over an empty store, which both end with the test.
func newBroker(t *testing.T, o server.Options) (*server.Broker, *store.Store) {
	t.Helper()
	messages, err := store.Open(filepath.Join(t.TempDir(), "served.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.Store = messages
	b := server.New(o)
	t.Cleanup(func() { b.Close(); messages.Close() })
	return b, messages
}

// serve runs our own broker on two free ports until the test ends.
func serve(t *testing.T, o server.Options) (mqtt, aws string, messages *store.Store) {
	t.Helper()
	b, messages := newBroker(t, o)
	mqttPort, awsPort := listen(t), listen(t)
	go b.Serve(t.Context(), mqttPort)
	go cli.ServeHTTP(t.Context(), awsPort, b.AWSHandler())
	return mqttPort.Addr().String(), awsPort.Addr().String(), messages
}

// serveMQTT runs our own broker on a free port for MQTT.
func serveMQTT(t *testing.T) (address string) {
	t.Helper()
	address, _, _ = serve(t, server.Options{})
	return address
}

// serveAWS runs our own broker on a free port for AWS's data plane.
func serveAWS(t *testing.T) (address string) {
	t.Helper()
	_, address, _ = serve(t, server.Options{})
	return address
}
