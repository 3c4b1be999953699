package server

import (
	"errors"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt/wire"
)

// timedOut is mosquitto_sub's exit status after -W. With --remove-retained it always ends with it,
// on mosquitto's broker too.
const timedOut = 27

// mosquitto runs one of mosquitto's clients, which share no code with our server.
func mosquitto(t *testing.T, addr, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: install mosquitto-clients", err)
	}
	host, port, _ := net.SplitHostPort(addr)
	out, err := exec.Command(path, append([]string{"-h", host, "-p", port}, args...)...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == timedOut) {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func TestMosquittoClients(t *testing.T) {
	for _, v := range []string{"mqttv311", "mqttv5"} {
		t.Run(v, func(t *testing.T) {
			addr, b, _ := serve(t, Options{})
			pub := func(args ...string) {
				t.Helper()
				mosquitto(t, addr, "mosquitto_pub", append([]string{"-V", v}, args...)...)
			}
			sub := func(args ...string) []string {
				t.Helper()
				return strings.Fields(mosquitto(t, addr, "mosquitto_sub", append([]string{"-V", v}, args...)...))
			}
			pub("-r", "-t", "a", "-m", "0")
			pub("-r", "-q", "1", "-t", "a/b", "-m", "1")
			pub("-r", "-q", "2", "-t", "a/c", "-m", "2")
			pub("-q", "2", "-t", "a/live", "-m", "3")
			for _, qos := range []string{"0", "1", "2"} {
				got := sub("-q", qos, "--retained-only", "-C", "3", "-W", "5", "-t", "a/#", "-F", "%t=%p:%r")
				if want := []string{"a=0:1", "a/b=1:1", "a/c=2:1"}; !slices.Equal(got, want) {
					t.Errorf("QoS %s: %q, want %q", qos, got, want)
				}
			}
			sub("--remove-retained", "-W", "1", "-t", "a/+")
			if left := len(dial(t, addr, wire.V5, wire.Connect{}).retained("#")); left != 1 {
				t.Errorf("%d left", left)
			}
			if n, err := b.store.Count(); n != 1 || err != nil {
				t.Error(n, err)
			}
		})
	}
}

func TestMosquittoProperties(t *testing.T) {
	addr, _, _ := serve(t, Options{})
	mosquitto(t, addr, "mosquitto_pub", "-V", "5", "-q", "1", "-r", "-t", "p", "-m", "{}",
		"-D", "publish", "content-type", "application/json", "-D", "publish", "payload-format-indicator", "1",
		"-D", "publish", "response-topic", "re/ply", "-D", "publish", "correlation-data", "42",
		"-D", "publish", "message-expiry-interval", "100",
		"-D", "publish", "user-property", "b", "1", "-D", "publish", "user-property", "a", "2", "-D", "publish", "user-property", "b", "1")
	got := mosquitto(t, addr, "mosquitto_sub", "-V", "5", "-C", "1", "-W", "5", "-t", "p", "-F", "%p %C %R %D %F %P")
	if want := "{} application/json re/ply 42 1 b:1 a:2 b:1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The will of a client that is killed is published.
func TestMosquittoWill(t *testing.T) {
	addr, b, _ := serve(t, Options{})
	path, err := exec.LookPath("mosquitto_sub")
	if err != nil {
		t.Fatalf("%v: install mosquitto-clients", err)
	}
	host, port, _ := net.SplitHostPort(addr)
	watch := dial(t, addr, wire.V5, wire.Connect{})
	watch.subscribe(wire.Subscription{Filter: "#", QoS: 1, RetainAsPublished: true})
	cmd := exec.Command(path, "-h", host, "-p", port, "-V", "5", "-i", "dies", "-t", "x", "--will-topic", "w", "--will-payload", "gone", "--will-qos", "1", "--will-retain")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The message shows that it is subscribed, and only then it is killed.
	for len(b.subscribers("x")) == 0 {
		b.Publish(t.Context(), text("y", "poll"), false)
		receive[*wire.Publish](watch)
	}
	cmd.Process.Kill()
	cmd.Wait()
	for {
		p := receive[*wire.Publish](watch)
		if p.Message.QoS > 0 {
			watch.send(&wire.Ack{Type: wire.PUBACK, PacketID: p.PacketID})
		}
		if p.Message.Topic == "w" {
			if string(p.Message.Payload) != "gone" || !p.Retain {
				t.Errorf("%+v", p)
			}
			return
		}
	}
}

// subscribers returns the ids of the clients that a topic goes to.
func (b *Broker) subscribers(topic string) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var ids []string
	for id, s := range b.sessions {
		if len(s.subs.matching(topic)) > 0 && id == "dies" {
			ids = append(ids, id)
		}
	}
	return ids
}
