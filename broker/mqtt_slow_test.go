package broker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// slowProxy passes on what comes from address at 32 KiB per pause.
func slowProxy(t *testing.T, address string, pause time.Duration) string {
	t.Helper()
	l, err := brokertest.SlowLink(address, pause)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// TestMosquittoSlowLink reads far more than the buffers on the way can hold. What mosquitto drops
// because of its full queue, including answers to PINGREQs, is asked for again in smaller batches.
func TestMosquittoSlowLink(t *testing.T) {
	t.Parallel()
	const n = 2000
	for _, queued := range []int{300, 50} {
		t.Run(fmt.Sprintf("max_queued_messages %d", queued), func(t *testing.T) {
			t.Parallel()
			m := brokertest.StartMosquitto(t, "allow_anonymous true", fmt.Sprintf("max_queued_messages %d", queued))
			batch, topics := make([]mqtt.Message, n), make([]string, n)
			for i := range batch {
				topics[i] = fmt.Sprintf("slow/%d", i)
				batch[i] = mqtt.Message{Topic: topics[i], Payload: make([]byte, 10_000), QoS: 1}
			}
			w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address)})
			defer w.Close()
			for i, err := range brokertest.Publish(t, t.Context(), w, batch...) {
				if err != nil {
					t.Fatalf("publish %s: %v", topics[i], err)
				}
			}
			slow := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + slowProxy(t, m.Address, time.Millisecond)), Timeout: 10 * time.Second})
			defer slow.Close()
			began := time.Now()
			seen, err := slow.Read(t.Context(), topics)
			if err != nil || len(seen.Live) != n {
				t.Errorf("%d live, %d unread of %d, %v", len(seen.Live), len(seen.Unread), n, err)
			}
			t.Logf("read in %s", time.Since(began))
		})
	}
}

// TestMosquittoIsTrusted reads absent topics without the quiet period, which took most of the time
// of an apply that deletes. That also holds on a connection that replaced a lost one.
func TestMosquittoIsTrusted(t *testing.T) {
	const reads = 10
	m := brokertest.StartMosquitto(t, "allow_anonymous true", "max_packet_size 1000")
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address), Protocol: "3.1.1"})
	defer w.Close()
	for range 2 {
		began := time.Now()
		for range reads {
			if live := brokertest.Read(t, w, "absent"); len(live) != 0 {
				t.Errorf("live: %v", live)
			}
		}
		if took := time.Since(began); took > reads*300*time.Millisecond {
			t.Errorf("%d reads took %s", reads, took)
		}
		// In MQTT 3.1.1 the limit is not announced: mosquitto hangs up.
		tooLong := mqtt.Message{Topic: "long", Payload: make([]byte, 2000), QoS: 1}
		if err := brokertest.Publish(t, t.Context(), w, tooLong)[0]; err == nil {
			t.Error("a message over the limit was acknowledged")
		}
	}
}

// TestMosquittoNamesTheBadTopic reads two topics on which mosquitto hangs up among many: the others
// are read.
func TestMosquittoNamesTheBadTopic(t *testing.T) {
	m := brokertest.StartMosquitto(t)
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address)})
	defer w.Close()
	brokertest.Publish(t, t.Context(), w, mqtt.Message{Topic: "t/700", Payload: []byte("x"), QoS: 1})
	topics := make([]string, 2000)
	for i := range topics {
		topics[i] = fmt.Sprintf("t/%d", i)
	}
	topics[3], topics[1500] = strings.Repeat("deep/", 300), "tab\t"
	seen, err := w.Read(t.Context(), topics)
	if err != nil || len(seen.Live) != 1 || len(seen.Unread) != 2 || seen.Unread[topics[3]] == nil || seen.Unread[topics[1500]] == nil {
		t.Errorf("%d live, %d unread, %v", len(seen.Live), len(seen.Unread), err)
	}
}
