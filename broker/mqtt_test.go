package broker_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

func openMQTT(t *testing.T, s *spec.MQTTSettings) (broker.Writer, error) {
	t.Helper()
	return broker.Open(t.Context(), spec.Broker{Type: "mqtt", Name: "lab", Settings: s}, broker.Options{})
}

func mustOpenMQTT(t *testing.T, s *spec.MQTTSettings) broker.Writer {
	t.Helper()
	w, err := openMQTT(t, s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestContractOnMosquitto(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"5", "3.1.1"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			contractOver(t, brokertest.StartMosquitto(t).Address, protocol, brokertest.AnnouncingMosquittos(t))
		})
	}
}

// TestContractOnOurServer runs the contract with our client and our server over MQTT.
func TestContractOnOurServer(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"5", "3.1.1"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			contractOver(t, serveMQTT(t, server.Options{}), protocol, nil)
		})
	}
}

func contractOver(t *testing.T, address, protocol string, announcing map[string]string) {
	over := func(t *testing.T, address string) (broker.Writer, error) {
		return openMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address), Protocol: protocol})
	}
	suite := brokertest.Suite{Address: address, Over: over, Announces: announcing, Open: func(t *testing.T) broker.Writer {
		return mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address), Protocol: protocol})
	}}
	suite.Run(t)
}

// serveMQTT runs our own broker until the test ends.
func serveMQTT(t *testing.T, o server.Options) (address string) {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "broker.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	o.Store = st
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	b := server.New(o)
	go func() { ended <- b.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		b.Close()
	})
	return l.Addr().String()
}

func TestMQTTInfo(t *testing.T) {
	m := brokertest.StartMosquitto(t, "allow_anonymous true", "max_qos 1", "message_size_limit 5000")
	_, port, _ := strings.Cut(m.Address, ":")
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("MQTT://LOCALHOST:" + port)})
	defer w.Close()
	i := w.Info()
	if want := "mqtt:localhost:" + port; i.Identity != want {
		t.Errorf("identity %q, want %q", i.Identity, want)
	}
	if want := "mqtt://localhost:" + port; i.Address != want {
		t.Errorf("address %q, want %q", i.Address, want)
	}
	if !strings.HasPrefix(i.Description, "mosquitto version ") || !strings.HasSuffix(i.Description, ", MQTT 5") {
		t.Errorf("description %q", i.Description)
	}
	c := i.Capabilities
	if c.AckProvesStorage || c.Readable.Has(mqtt.FieldQoS) || !c.Readable.Has(mqtt.FieldExpiry) || c.Limits.MaxQoS != 1 {
		t.Errorf("capabilities %+v", c)
	}
	err := brokertest.Publish(t, t.Context(), w, mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 2})[0]
	if err == nil || !strings.Contains(err.Error(), "QoS 0 to 1") {
		t.Errorf("QoS 2: %v", err)
	}
}

func TestMQTTReaderCannotPublish(t *testing.T) {
	m := brokertest.StartMosquitto(t)
	r, err := broker.OpenReader(t.Context(), spec.Broker{Type: "mqtt", Name: "lab", Settings: &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address)}}, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, ok := r.(broker.Writer); ok {
		t.Error("the reader is a writer")
	}
}

// TestManyMessages uses mosquitto's default limits, under which a wildcard subscription shows a
// twentieth of the messages.
func TestManyMessages(t *testing.T) {
	t.Parallel()
	const n = 20_000
	m := brokertest.StartMosquitto(t)
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address)})
	defer w.Close()
	batch, topics := make([]mqtt.Message, n), make([]string, n)
	for i := range batch {
		topics[i] = fmt.Sprintf("site/%03d/device%06d/config", i%100, i)
		batch[i] = mqtt.Message{Topic: topics[i], Payload: fmt.Appendf(nil, "%-200d", i), QoS: 1}
	}
	for i, err := range brokertest.Publish(t, t.Context(), w, batch...) {
		if err != nil {
			t.Fatalf("publish %s: %v", topics[i], err)
		}
	}
	live := brokertest.Read(t, w, topics...)
	if len(live) != n {
		t.Errorf("%d of %d messages were read back", len(live), n)
	}
	for i, topic := range topics {
		if string(live[topic].Payload) != string(batch[i].Payload) {
			t.Fatalf("%s holds %q", topic, live[topic].Payload)
		}
	}
}

func TestMosquittoDenies(t *testing.T) {
	acl := filepath.Join(t.TempDir(), "acl")
	if err := os.WriteFile(acl, []byte("topic readwrite open/#\ntopic read $SYS/#\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := brokertest.StartMosquitto(t, "allow_anonymous true", "acl_file "+acl)
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address)})
	defer w.Close()
	outcomes := brokertest.Publish(t, t.Context(), w,
		mqtt.Message{Topic: "open/1", Payload: []byte("x"), QoS: 1},
		mqtt.Message{Topic: "closed/1", Payload: []byte("x"), QoS: 1},
		mqtt.Message{Topic: "closed/2", Payload: []byte("x"), QoS: 2},
		mqtt.Message{Topic: "open/2", Payload: []byte("x"), QoS: 2},
	)
	for i, denied := range []bool{false, true, true, false} {
		if got := outcomes[i] != nil && strings.Contains(outcomes[i].Error(), "not authorized (0x87)"); got != denied {
			t.Errorf("message %d: %v", i, outcomes[i])
		}
	}
	if live := brokertest.Read(t, w, "open/1", "open/2", "closed/1", "closed/2"); len(live) != 2 {
		t.Errorf("live: %v", live)
	}
}

func TestMQTTPassword(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwords")
	run(t, "mosquitto_passwd", "-c", "-b", file, "ann", "correct horse")
	m := brokertest.StartMosquitto(t, "allow_anonymous false", "password_file "+file)
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address), Username: "ann", Password: "correct horse"})
	defer w.Close()
	if err := brokertest.Publish(t, t.Context(), w, mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1})[0]; err != nil {
		t.Error(err)
	}
	for _, protocol := range []string{"5", "3.1.1"} {
		_, err := openMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address), Username: "ann", Password: "s3cret", Protocol: protocol})
		if err == nil || !strings.Contains(err.Error(), "not authorized (0x87)") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("MQTT %s: %v", protocol, err)
		}
	}
}

func TestMosquittoDies(t *testing.T) {
	m := brokertest.StartMosquitto(t)
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address)})
	defer w.Close()
	batch := make([]mqtt.Message, 50_000)
	for i := range batch {
		batch[i] = mqtt.Message{Topic: fmt.Sprintf("dies/%d", i), Payload: []byte("x"), QoS: 1}
	}
	outcomes := make([]int, len(batch))
	acknowledged := 0
	var last error
	w.Publish(t.Context(), batch, func(i int, err error) {
		outcomes[i]++
		if last = err; err == nil {
			if acknowledged++; acknowledged == 500 {
				go m.Process.Kill()
			}
		}
	})
	for i, n := range outcomes {
		if n != 1 {
			t.Fatalf("message %d has %d outcomes", i, n)
		}
	}
	if acknowledged == len(batch) {
		t.Error("every message was acknowledged by a broker that was killed")
	}
	if last == nil || !strings.Contains(last.Error(), "closed the connection") {
		t.Errorf("the last error is %v", last)
	}
	m.Kill()
	if _, err := w.Read(t.Context(), []string{"a"}); err == nil || !strings.Contains(err.Error(), "is the broker running") {
		t.Errorf("read from a dead broker: %v", err)
	}
}

// TestMQTTHangUpCostsOneBatch checks that a target replaces a lost connection.
func TestMQTTHangUpCostsOneBatch(t *testing.T) {
	m := brokertest.StartMosquitto(t)
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address), Kind: "other"})
	defer w.Close()
	// mosquitto answers a control character by closing the connection.
	if err := brokertest.Publish(t, t.Context(), w, mqtt.Message{Topic: "a\x01b", Payload: []byte("x"), QoS: 1})[0]; err == nil {
		t.Error("the control character was accepted")
	}
	if err := brokertest.Publish(t, t.Context(), w, mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1})[0]; err != nil {
		t.Errorf("after it: %v", err)
	}
}

func TestMQTTConnectErrors(t *testing.T) {
	m := brokertest.StartMosquitto(t)
	for url, want := range map[string]string{
		"unix:///no/such/socket":      "is the socket's path right?",
		"ws://" + m.Address:           "connect to broker",
		"mqtt://127.0.0.1:1":          "connection refused",
		"mqtt://no.such.host.invalid": "is the host name right,",
		"mqtts://" + m.Address:        "connect to broker",
	} {
		_, err := openMQTT(t, &spec.MQTTSettings{Address: brokertest.At(url), Token: "t0ken", Timeout: 5 * time.Second})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "t0ken") {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := broker.Open(ctx, spec.Broker{Name: "lab", Settings: &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address)}}, broker.Options{}); err == nil {
		t.Error("opened under a cancelled context")
	}
}

// TestMQTTFallsBack connects to a broker that has only MQTT 3.1.1, such as NATS or aedes: it
// answers MQTT 5 in the older format, or hangs up.
func TestMQTTFallsBack(t *testing.T) {
	m := brokertest.StartMosquitto(t)
	for name, refusal := range map[string]string{"refuses": "\x20\x02\x00\x01", "hangs up": ""} {
		t.Run(name, func(t *testing.T) {
			address := oldBroker(t, m.Address, refusal)
			w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address)})
			defer w.Close()
			i := w.Info()
			if !strings.HasSuffix(i.Description, ", MQTT 3.1.1") || i.Capabilities.Readable != mqtt.FieldPayload {
				t.Errorf("%+v", i)
			}
			if _, err := openMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address), Protocol: "5"}); err == nil {
				t.Error("MQTT 5 was required, and another version was accepted")
			}
		})
	}
}

// TestMQTTFallbackIsNoAccident connects to a broker of MQTT 5 that hangs up on the first
// connection, as one does that starts or is overloaded: the target still uses MQTT 5.
func TestMQTTFallbackIsNoAccident(t *testing.T) {
	m := brokertest.StartMosquitto(t)
	var met atomic.Int32
	address := gate(t, m.Address, func(net.Conn, byte) bool { return met.Add(1) > 1 })
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address)})
	defer w.Close()
	if i := w.Info(); !strings.HasSuffix(i.Description, ", MQTT 5") {
		t.Errorf("it is taken for %s", i.Description)
	}
}

// TestMQTTFallbackIsRefused checks that if a broker of MQTT 3.1.1 refuses the user, the error is
// not about its version.
func TestMQTTFallbackIsRefused(t *testing.T) {
	m := brokertest.StartMosquitto(t, "allow_anonymous false")
	for _, refusal := range []string{"\x20\x02\x00\x01", ""} {
		address := oldBroker(t, m.Address, refusal)
		if _, err := openMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address)}); err == nil || !strings.Contains(err.Error(), "not authorized (0x87)") {
			t.Errorf("after %q: %v", refusal, err)
		}
	}
}

// oldBroker passes only connections of MQTT 3.1.1 on to another broker.
func oldBroker(t *testing.T, behind, refusal string) (address string) {
	t.Helper()
	return gate(t, behind, func(conn net.Conn, version byte) bool {
		if version == 5 {
			_, _ = conn.Write([]byte(refusal))
		}
		return version != 5
	})
}

// gate passes the connections that it accepts on to another broker, and hangs up on the others.
func gate(t *testing.T, behind string, through func(conn net.Conn, version byte) bool) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	pass := func(conn net.Conn) {
		defer conn.Close()
		const level = 8 // in a CONNECT shorter than 128 bytes: the byte after "MQTT"
		hello := make([]byte, 256)
		n, _ := conn.Read(hello)
		if n <= level || !through(conn, hello[level]) {
			return
		}
		onward, err := net.Dial("tcp", behind)
		if err != nil {
			return
		}
		defer onward.Close()
		_, _ = onward.Write(hello[:n])
		running.Go(func() { _, _ = io.Copy(conn, onward); conn.Close() })
		_, _ = io.Copy(onward, conn)
	}
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { pass(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return l.Addr().String()
}
