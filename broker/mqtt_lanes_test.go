package broker_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// farProxy passes connections on to address with a delay in each direction: it adds latency without
// limiting bandwidth.
func farProxy(t testing.TB, address string, delay time.Duration) string {
	t.Helper()
	var running sync.WaitGroup
	l, err := brokertest.Link(address, func(here, there net.Conn) {
		running.Go(func() { delayed(here, there, delay) })
		running.Go(func() { delayed(there, here, delay) })
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); running.Wait() })
	return l.Addr().String()
}

func delayed(to, from net.Conn, delay time.Duration) {
	type piece struct {
		due  time.Time
		data []byte
	}
	under := make(chan piece, 10_000)
	go func() {
		defer close(under)
		for {
			data := make([]byte, 32<<10)
			n, err := from.Read(data)
			if n > 0 {
				under <- piece{time.Now().Add(delay), data[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range under {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			from.Close()
		}
	}
	to.Close()
}

// TestFarAway publishes over a round trip of 40 ms to a broker that accepts 20 messages at a time:
// one connection cannot exceed 500 a second.
func TestFarAway(t *testing.T) {
	const n = 8000
	perSecond := overFar(t, n, 0)
	t.Logf("%.0f messages a second", perSecond)
	if least := 1000.0; perSecond < least { // half of what BenchmarkFarAway shows, for a busy machine
		t.Errorf("%.0f messages a second, want %g", perSecond, least)
	}
}

// BenchmarkFarAway measures that over one connection, and over the default number.
func BenchmarkFarAway(b *testing.B) {
	for name, connections := range map[string]int{"one connection": 1, "as chosen": 0} {
		b.Run(name, func(b *testing.B) {
			var perSecond float64
			for b.Loop() {
				perSecond = overFar(b, 4000, connections)
			}
			b.ReportMetric(perSecond, "msg/s")
		})
	}
}

// overFar publishes n messages and returns how many were stored per second.
func overFar(t testing.TB, n, connections int) float64 {
	m := brokertest.StartMosquitto(t)
	far := farProxy(t, m.Address, 20*time.Millisecond)
	w, err := broker.Open(t.Context(), spec.Broker{Name: "b", Settings: &spec.MQTTSettings{Address: brokertest.At("mqtt://" + far), Connections: connections}}, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	batch, topics := make([]mqtt.Message, n), make([]string, n)
	for i := range batch {
		topics[i] = fmt.Sprintf("far/%d", i)
		batch[i] = mqtt.Message{Topic: topics[i], Payload: make([]byte, 200), QoS: 1}
	}
	began := time.Now()
	for i, err := range brokertest.Publish(t, t.Context(), w, batch...) {
		if err != nil {
			t.Fatalf("publish %s: %v", topics[i], err)
		}
	}
	took := time.Since(began)
	if live := brokertest.Read(t, w, topics...); len(live) != n {
		t.Errorf("%d of %d live", len(live), n)
	}
	return float64(n) / took.Seconds()
}

// TestConnections counts the connections to a broker, and checks that a connection which it refuses
// does no harm.
func TestConnections(t *testing.T) {
	for _, test := range []struct {
		connections, allowed int
		clientID             string
		far                  time.Duration
		want                 int
	}{
		{0, -1, "", 0, 1},
		{0, -1, "", 20 * time.Millisecond, 8},
		{0, -1, "fleet", 20 * time.Millisecond, 1},
		{3, -1, "", 0, 3},
		{3, -1, "fleet", 0, 3},
		{20, 4, "", 0, 4},
	} {
		t.Run(fmt.Sprintf("%+v", test), func(t *testing.T) {
			m := brokertest.StartMosquitto(t, "allow_anonymous true", fmt.Sprintf("max_connections %d", test.allowed), "connection_messages true", "log_type all")
			s := spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address), Connections: test.connections, ClientID: test.clientID, Timeout: 5 * time.Second}
			if test.far > 0 {
				s.Address = brokertest.At("mqtt://" + farProxy(t, m.Address, test.far))
			}
			w := mustOpenMQTT(t, &s)
			defer w.Close()
			for range 2 {
				publishMany(t, w, 500)
			}
			w.Close()
			m.Kill()
			got := strings.Count(m.Log.String(), "New client connected")
			// mosquitto accepts a few more if they come at once.
			if few := test.allowed > 0 && got >= test.want && got < test.connections; got != test.want && !few {
				t.Errorf("%d connections, want %d", got, test.want)
			}
		})
	}
}

func publishMany(t *testing.T, w broker.Writer, n int) {
	t.Helper()
	batch := make([]mqtt.Message, n)
	for i := range batch {
		batch[i] = mqtt.Message{Topic: fmt.Sprintf("many/%d", i), Payload: []byte("x"), QoS: 1}
	}
	for i, err := range brokertest.Publish(t, t.Context(), w, batch...) {
		if err != nil {
			t.Fatalf("publish %s: %v", batch[i].Topic, err)
		}
	}
}

// TestOneTopicKeepsItsOrder publishes to the same topics repeatedly, over several connections.
func TestOneTopicKeepsItsOrder(t *testing.T) {
	m := brokertest.StartMosquitto(t)
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address), Connections: 4})
	defer w.Close()
	batch := make([]mqtt.Message, 2000)
	for i := range batch {
		batch[i] = mqtt.Message{Topic: fmt.Sprintf("order/%d", i%7), Payload: fmt.Append(nil, i), QoS: 1}
	}
	for _, err := range brokertest.Publish(t, t.Context(), w, batch...) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := len(batch) - 7; i < len(batch); i++ {
		if live := brokertest.Read(t, w, batch[i].Topic); string(live[batch[i].Topic].Payload) != fmt.Sprint(i) {
			t.Errorf("%s holds %q, want %d", batch[i].Topic, live[batch[i].Topic].Payload, i)
		}
	}
}

// TestRate publishes to a broker that refuses a higher rate.
func TestRate(t *testing.T) {
	address := serveMQTT(t, server.Options{PublishRate: 400})
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address), Rate: 390, Connections: 3})
	defer w.Close()
	began := time.Now()
	publishMany(t, w, 800)
	if took := time.Since(began); took < 1900*time.Millisecond || took > 10*time.Second {
		t.Errorf("800 messages at 390 a second took %s", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	slow := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address), Rate: 1})
	defer slow.Close()
	began = time.Now()
	outcomes := brokertest.Publish(t, ctx, slow, mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1}, mqtt.Message{Topic: "b", Payload: []byte("x"), QoS: 1})
	if outcomes[0] != nil || outcomes[1] == nil || time.Since(began) > 5*time.Second {
		t.Errorf("cancelled while it waits for its turn: %v after %s", outcomes, time.Since(began))
	}
}
