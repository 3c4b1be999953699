package broker_test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// serveAt serves a store at an address, and returns a function that stops it.
func serveAt(t *testing.T, st *store.Store, address string) (at string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	b := server.New(server.Options{Store: st, Version: "retainctl broker"})
	go func() { defer close(ended); _ = b.Serve(ctx, l) }()
	stop = func() { cancel(); <-ended; b.Close() }
	return l.Addr().String(), stop
}

// TestRestart restarts the broker in the middle of a publish and of a read: all of it is done,
// whether the broker sends DISCONNECT (MQTT 5) or not.
func TestRestart(t *testing.T) {
	for _, protocol := range []string{"5", "3.1.1"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			st, err := store.Open(filepath.Join(t.TempDir(), "broker.db"), store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			address, stop := serveAt(t, st, "127.0.0.1:0")
			defer func() { stop() }()
			w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address), Protocol: protocol, Rate: 500})
			defer w.Close()
			batch, topics := make([]mqtt.Message, 400), make([]string, 400)
			for i := range batch {
				topics[i] = fmt.Sprintf("restart/%d", i)
				batch[i] = mqtt.Message{Topic: topics[i], Payload: []byte("x"), QoS: mqtt.QoS(i % 3)}
			}
			restarted := make(chan struct{})
			time.AfterFunc(200*time.Millisecond, func() {
				defer close(restarted)
				stop()
				time.Sleep(500 * time.Millisecond)
				_, stop = serveAt(t, st, address)
			})
			for i, err := range brokertest.Publish(t, t.Context(), w, batch...) {
				if err != nil {
					t.Errorf("%s: %v", topics[i], err)
				}
			}
			<-restarted
			if live := brokertest.Read(t, w, topics...); len(live) != len(topics) {
				t.Errorf("%d live", len(live))
			}
		})
	}
}

// TestGone stops a broker for good: the rest of a run waits only once.
func TestGone(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "broker.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	address, stop := serveAt(t, st, "127.0.0.1:0")
	const limit = time.Second
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address), Timeout: limit})
	defer w.Close()
	stop()
	began := time.Now()
	for range 10 {
		if err := brokertest.Publish(t, t.Context(), w, mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1})[0]; err == nil {
			t.Error("it is published")
		}
		if _, err := w.Read(t.Context(), []string{"a"}); err == nil || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("read: %v", err)
		}
	}
	if took := time.Since(began); took < limit || took > 4*limit {
		t.Errorf("it took %s", took)
	}
}
