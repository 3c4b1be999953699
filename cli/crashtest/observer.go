package crashtest

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Publish is a message that a broker sent to its subscribers. An empty payload is a delete.
type Publish struct{ Topic, Payload string }

// markerTopic is the topic of the marks by which the observer knows that it has received everything.
const markerTopic = "crashtest/marker"

// Observer subscribes to every topic of a broker with mosquitto_sub, an independent client. It
// receives every publish, retained or not, including those that change nothing.
type Observer struct {
	t    testing.TB
	port string

	mu       sync.Mutex
	received []Publish
	marked   map[string]bool
	marks    int
}

// Observe subscribes at the MQTT port of a broker until the test ends.
func Observe(t testing.TB, address string) *Observer {
	t.Helper()
	_, port, _ := net.SplitHostPort(address)
	o := &Observer{t: t, port: port, marked: map[string]bool{}}
	cmd := exec.Command("mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-V", "5", "-q", "0", "-t", "#", "-F", "%t %x")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("mosquitto_sub: %v (make test installs it)", err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	go o.listen(bufio.NewReader(out))
	o.awaitMark()
	return o
}

func (o *Observer) listen(lines *bufio.Reader) {
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		topic, encoded, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		payload, _ := hex.DecodeString(encoded)
		o.mu.Lock()
		if topic == markerTopic {
			o.marked[string(payload)] = true
		} else {
			o.received = append(o.received, Publish{topic, string(payload)})
		}
		o.mu.Unlock()
	}
}

// Received returns everything that was published so far. It first waits until the broker has sent all
// that it has of a killed client: until two marks come with nothing between them.
func (o *Observer) Received() []Publish {
	o.t.Helper()
	for before := -1; ; {
		o.awaitMark()
		o.mu.Lock()
		received := slices.Clone(o.received)
		o.mu.Unlock()
		if len(received) == before {
			return received
		}
		before = len(received)
		time.Sleep(15 * time.Millisecond)
	}
}

// Retain publishes a retained message.
func (o *Observer) Retain(topic, payload string) {
	o.t.Helper()
	cmd := exec.Command("mosquitto_pub", "-h", "127.0.0.1", "-p", o.port, "-r", "-q", "1", "-t", topic, "-m", payload)
	if out, err := cmd.CombinedOutput(); err != nil {
		o.t.Fatalf("mosquitto_pub: %v\n%s", err, out)
	}
}

// awaitMark publishes a mark until it is received.
func (o *Observer) awaitMark() {
	o.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		o.marks++
		mark := fmt.Sprint(o.marks)
		exec.Command("mosquitto_pub", "-h", "127.0.0.1", "-p", o.port, "-t", markerTopic, "-m", mark).Run()
		for range 200 {
			o.mu.Lock()
			received := o.marked[mark]
			o.mu.Unlock()
			if received {
				return
			}
			time.Sleep(time.Millisecond)
		}
		if time.Now().After(deadline) {
			o.t.Fatal("mosquitto_sub receives nothing")
		}
	}
}
