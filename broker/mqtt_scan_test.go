package broker_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// fleet publishes n messages of the given size.
func fleet(t *testing.T, w broker.Writer, n, size int) (topics []string) {
	t.Helper()
	batch := make([]mqtt.Message, n)
	for i := range batch {
		topics = append(topics, fmt.Sprintf("fleet/%d/config", i))
		batch[i] = mqtt.Message{Topic: topics[i], Payload: make([]byte, size), QoS: 1}
	}
	for i, err := range brokertest.Publish(t, t.Context(), w, batch...) {
		if err != nil {
			t.Fatalf("publish %s: %v", topics[i], err)
		}
	}
	return topics
}

func scan(t *testing.T, w broker.Writer, filters ...string) broker.Inventory {
	t.Helper()
	found, err := w.(broker.Scanner).Scan(t.Context(), filters)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestScanMosquitto finds 20,000 messages under mosquitto's default limits, and knows that these
// are all.
func TestScanMosquitto(t *testing.T) {
	const n = 20_000
	m := brokertest.StartMosquitto(t)
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address)})
	defer w.Close()
	fleet(t, w, n, 200)
	began := time.Now()
	found := scan(t, w, "fleet/#")
	t.Logf("%d found in %s", len(found.Live), time.Since(began))
	if found.Complete != (len(found.Live) == n) {
		t.Errorf("%d of %d found, complete %t: %q", len(found.Live), n, found.Complete, found.Reasons)
	}
}

// TestScanOfOurServer recognises the end of a scan, and the broker, in both versions and over a
// link that is slower than the broker.
func TestScanOfOurServer(t *testing.T) {
	const n = 2000
	address := serveMQTT(t, server.Options{Version: "retainctl broker 1.2.3"})
	for _, protocol := range []string{"5", "3.1.1"} {
		for _, at := range []string{address, slowProxy(t, address, time.Millisecond)} {
			w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + at), Protocol: protocol})
			defer w.Close()
			if who := w.Info().Description; !strings.HasPrefix(who, "retainctl broker 1.2.3, ") {
				t.Errorf("described as %q", who)
			}
			fleet(t, w, n, 10_000)
			if found := scan(t, w, "fleet/#"); len(found.Live) != n || !found.Complete {
				t.Errorf("%d of %d found, complete %t: %q", len(found.Live), n, found.Complete, found.Reasons)
			}
			if found := scan(t, w, "#"); len(found.Live) != n {
				t.Errorf("# finds %d", len(found.Live))
			}
			began := time.Now()
			if seen, err := w.Read(t.Context(), []string{"absent"}); err != nil || len(seen.Live)+len(seen.Unread) != 0 || time.Since(began) > 250*time.Millisecond {
				t.Errorf("absent after %s: %v, %v", time.Since(began), seen, err)
			}
		}
	}
}

// TestScanOverASlowLink makes mosquitto drop messages from the scan, which reports that and leaves
// a usable connection.
func TestScanOverASlowLink(t *testing.T) {
	const n = 2000
	m := brokertest.StartMosquitto(t, "allow_anonymous true", "max_queued_messages 50")
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address)})
	defer w.Close()
	topics := fleet(t, w, n, 10_000)
	slow := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + slowProxy(t, m.Address, time.Millisecond))})
	defer slow.Close()
	found := scan(t, slow, "fleet/#")
	if len(found.Live) == 0 || found.Complete != (len(found.Live) == n) {
		t.Errorf("%d of %d found, complete %t: %q", len(found.Live), n, found.Complete, found.Reasons)
	}
	t.Logf("%d of %d found: %q", len(found.Live), n, found.Reasons)
	if live := brokertest.Read(t, slow, topics[:10]...); len(live) != 10 {
		t.Errorf("%d live afterwards", len(live))
	}
}

// TestScanOfALossyBroker loses every 50th message: the scan is not taken for complete, and exact
// reads find every message.
func TestScanOfALossyBroker(t *testing.T) {
	for _, faults := range []server.Faults{{DropEvery: 50}, {TruncateWildcard: 1000}, {TruncateWildcard: -1}} {
		address := serveMQTT(t, server.Options{Faults: faults})
		w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address)})
		defer w.Close()
		topics := fleet(t, w, 20_000, 100)
		found := scan(t, w, "fleet/#")
		if len(found.Live) >= len(topics) || found.Complete || !strings.Contains(fmt.Sprint(found.Reasons), "does not say") {
			t.Errorf("%+v: %d found, complete %t: %q", faults, len(found.Live), found.Complete, found.Reasons)
		}
		if live := brokertest.Read(t, w, topics...); len(live) != len(topics) {
			t.Errorf("%+v: %d of %d live", faults, len(live), len(topics))
		}
	}
}

// TestScanWithoutRights scans a broker that refuses a filter, and a target that cannot scan.
func TestScanWithoutRights(t *testing.T) {
	acl := filepath.Join(t.TempDir(), "acl")
	if err := os.WriteFile(acl, []byte("topic readwrite fleet/#\ntopic read $SYS/#\ntopic deny fleet/1/#\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := brokertest.StartMosquitto(t, "allow_anonymous true", "acl_file "+acl)
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address)})
	defer w.Close()
	fleet(t, w, 1, 10)
	if found := scan(t, w, "fleet/1/#", "fleet/0/#"); len(found.Live) != 1 {
		t.Errorf("%d found: %q", len(found.Live), found.Reasons)
	}
	rabbit := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address), Kind: "rabbitmq"})
	defer rabbit.Close()
	if _, err := rabbit.(broker.Scanner).Scan(t.Context(), []string{"#"}); !errors.Is(err, broker.ErrNoScan) {
		t.Errorf("on RabbitMQ: %v", err)
	}
}
