package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/spec"
)

// fault is what happens to one packet, or one piece of a stream, between an apply and its broker.
type fault struct {
	name string
	do   func(*brokertest.Passing) brokertest.Verdict
	// lasting faults continue from that packet on, on every connection.
	lasting bool
	// forged faults deliver something that was never sent, so undeclared messages may be left, and
	// messages that differ from what was recorded.
	forged bool
	quick  bool // is tried even if only a few faults are
}

func verdict(v brokertest.Verdict) func(*brokertest.Passing) brokertest.Verdict {
	return func(*brokertest.Passing) brokertest.Verdict { return v }
}

func faults() []fault {
	flip := func(at func(n int) int) func(*brokertest.Passing) brokertest.Verdict {
		return func(p *brokertest.Passing) brokertest.Verdict {
			p.Raw = slices.Clone(p.Raw)
			p.Raw[at(len(p.Raw))] ^= 0x14
			return brokertest.Pass
		}
	}
	return []fault{
		{name: "cut", do: verdict(brokertest.Cut)},
		{name: "half", do: verdict(brokertest.Half), quick: true},
		{name: "reset", do: verdict(brokertest.Reset)},
		{name: "stalled", do: verdict(brokertest.Stall)},
		{name: "delayed", do: func(*brokertest.Passing) brokertest.Verdict {
			time.Sleep(50 * time.Millisecond)
			return brokertest.Pass
		}},
		{name: "dead from then on", do: verdict(brokertest.Cut), lasting: true, quick: true},
		{name: "first byte flipped", do: flip(func(int) int { return 0 }), forged: true},
		{name: "a byte in the middle flipped", do: flip(func(n int) int { return n / 2 }), forged: true, quick: true},
		{name: "last byte flipped", do: flip(func(n int) int { return n - 1 }), forged: true},
	}
}

// breaker causes a fault at one packet of one direction, counted over all connections.
type breaker struct {
	mu       sync.Mutex
	fault    *fault // nil: everything passes
	toBroker bool
	at, seen int
	hit      bool
}

func (b *breaker) judge(p *brokertest.Passing) brokertest.Verdict {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault == nil {
		return brokertest.Pass
	}
	if p.ToBroker == b.toBroker {
		b.seen++
	}
	now := p.ToBroker == b.toBroker && b.seen == b.at
	if b.hit = b.hit || now; now || b.hit && b.fault.lasting {
		return b.fault.do(p)
	}
	return brokertest.Pass
}

// during causes a fault while do runs, and reports whether the packet was reached.
func (b *breaker) during(f *fault, toBroker bool, at int, do func()) (hit bool) {
	set := func(f *fault) {
		b.mu.Lock()
		defer b.mu.Unlock()
		hit = b.hit
		b.fault, b.toBroker, b.at, b.seen, b.hit = f, toBroker, at, 0, false
	}
	set(f)
	do()
	set(nil)
	return hit
}

// TestFaultsAtEveryPacket causes each fault at each packet of a small apply, in both directions. An apply
// that reports success must have published everything. One that failed must say so and name what to look
// at. The next plan and apply must work, with -overwrite-unmanaged if a packet was forged. By default it
// tries a few faults and packets; RETAINCTL_TEST_FAULTS=all tries all of them.
func TestFaultsAtEveryPacket(t *testing.T) {
	step, all := 5, os.Getenv("RETAINCTL_TEST_FAULTS") == "all"
	if all {
		step = 1
	}
	aws := serveAWS(t)
	mosquitto := brokertest.StartMosquitto(t, "allow_anonymous true", "set_tcp_nodelay true").Address
	mqttBlock := func(address string) string {
		return fmt.Sprintf("broker \"mqtt\" \"b\" {\n  url     = \"mqtt://%s\"\n  timeout = \"1s\"\n}\n", address)
	}
	awsBlock := func(address string) string {
		return fmt.Sprintf("broker \"aws_iot\" \"b\" {\n  region   = \"eu-west-1\"\n  endpoint = \"http://%s\"\n}\n", address)
	}
	for _, f := range faults() {
		if !all && !f.quick {
			continue
		}
		t.Run("mqtt "+f.name, func(t *testing.T) {
			t.Parallel()
			w := &faultWorld{fault: f, read: readMQTT(t, mosquitto), breaker: &breaker{}}
			w.block = mqttBlock(brokertest.StartProxy(t, mosquitto, w.breaker.judge))
			w.everywhere(t, step)
		})
		if !all && f.lasting { // the AWS SDK retries for most of a minute
			continue
		}
		t.Run("aws "+f.name, func(t *testing.T) {
			t.Parallel()
			w := &faultWorld{fault: f, read: readAWS(t, aws), breaker: &breaker{}, unsigned: true}
			w.block = awsBlock(brokertest.StartPieceProxy(t, aws, w.breaker.judge))
			w.everywhere(t, step)
		})
	}
}

// faultWorld is one kind of fault on one kind of broker.
type faultWorld struct {
	*breaker
	fault fault
	block string
	read  func(topics []string) map[string]string // without the proxy
	// unsigned is an endpoint without TLS that, unlike AWS, checks no signature: it stores and
	// acknowledges a body that was forged on its way.
	unsigned bool
}

func (w *faultWorld) everywhere(t *testing.T, step int) {
	tried := 0
	for _, toBroker := range []bool{true, false} {
		for at := 1; w.applied(t, toBroker, at); at += step {
			tried++
		}
	}
	if tried < 4 {
		t.Errorf("only %d packets were reached", tried)
	}
	t.Logf("%d packets", tried)
}

// applied applies once with the fault at one packet, and reports whether that packet was reached.
func (w *faultWorld) applied(t *testing.T, toBroker bool, at int) bool {
	dir := t.TempDir()
	prefix := strings.NewReplacer("/", "-", " ", "-").Replace(fmt.Sprintf("%s-%v-%d", t.Name(), toBroker, at))
	topic := func(name string) string { return "faults/" + prefix + "/" + name }
	declare := func(messages ...string) {
		text := w.block
		for _, m := range messages {
			name, payload, _ := strings.Cut(m, "=")
			text += fmt.Sprintf("message %q {\n  topic   = %q\n  payload = %q\n}\n", name, topic(name), payload)
		}
		write(t, filepath.Join(dir, "main.retain.hcl"), []byte(text))
	}
	apply := []string{"apply", "-auto-approve", "-max-deletes=100%"}
	declare("same=1", "changed=1", "gone=1")
	if out, code := retainctl(dir, apply...); code != 0 {
		t.Fatalf("the first apply exits with %d:\n%s", code, out)
	}
	declare("same=1", "changed=2", "new=1")
	want := map[string]string{topic("same"): "1", topic("changed"): "2", topic("new"): "1"}
	topics := []string{topic("same"), topic("changed"), topic("new"), topic("gone")}
	var out string
	var code int
	hit := w.during(&w.fault, toBroker, at, func() { out, code = retainctl(dir, apply...) })
	where := fmt.Sprintf("%s at packet %d (to the broker: %v)", w.fault.name, at, toBroker)
	switch names := strings.Contains(out, "faults/") || strings.Contains(out, `roker "b"`) || strings.Contains(out, "127.0.0.1"); {
	case code == 0:
		if d := cmp.Diff(want, w.read(topics)); d != "" && !(w.unsigned && w.fault.forged) {
			t.Errorf("%s: apply says that it is done (-declared +live):\n%s\n%s", where, d, out)
		}
	case code != 1 || !names || !strings.Contains(out, "Error: "):
		t.Errorf("%s: exit %d, and the output does not name what failed:\n%s", where, code, out)
	default:
		t.Logf("%s:\n%s", where, out)
	}
	if out, code := retainctl(dir, "plan", "-max-deletes=100%"); code != 0 && !w.fault.forged {
		t.Errorf("%s: the next plan exits with %d:\n%s", where, code, out)
	}
	if w.fault.forged {
		apply = append(apply, "-overwrite-unmanaged")
	}
	if out, code := retainctl(dir, apply...); code != 0 {
		t.Fatalf("%s: the next apply exits with %d:\n%s", where, code, out)
	}
	if out, code := retainctl(dir, "plan", "-detailed-exitcode"); code != 0 {
		t.Errorf("%s: the last plan exits with %d:\n%s", where, code, out)
	}
	if d := cmp.Diff(want, w.read(topics)); d != "" {
		t.Errorf("%s: in the end (-declared +live):\n%s", where, d)
	}
	return hit
}

// reader returns a function that reads topics from a broker without faults.
func reader(t *testing.T, b spec.Broker) func([]string) map[string]string {
	t.Helper()
	r, err := broker.OpenReader(t.Context(), b, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	var mu sync.Mutex
	return func(topics []string) map[string]string {
		mu.Lock()
		defer mu.Unlock()
		seen, err := r.Read(t.Context(), topics)
		if err != nil || len(seen.Unread) > 0 {
			t.Error(err, seen.Unread)
		}
		found := map[string]string{}
		for topic, m := range seen.Live {
			found[topic] = string(m.Payload)
		}
		return found
	}
}

func readMQTT(t *testing.T, address string) func([]string) map[string]string {
	return reader(t, spec.Broker{Name: "b", Type: "mqtt", Settings: &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address)}})
}

func readAWS(t *testing.T, address string) func([]string) map[string]string {
	return reader(t, spec.Broker{Name: "b", Type: "aws_iot", Settings: &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: "http://" + address}})
}
