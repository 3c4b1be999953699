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

// Publish is what a broker passed on to its subscribers; an empty payload is a delete.
type Publish struct{ Topic, Payload string }

// markers are topics by which the observer tells that it has heard everything.
const markers = "crashtest/marker"

// Observer is a subscriber to every topic of a broker, mosquitto_sub, which we did not
// write: it hears every publish, retained or not, one that changes nothing too.
type Observer struct {
	t    testing.TB
	port string

	mu     sync.Mutex
	heard  []Publish
	marked map[string]bool
	marks  int
}

// Observe listens to the MQTT port of a broker until the test ends.
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
	o.settle()
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
		if topic == markers {
			o.marked[string(payload)] = true
		} else {
			o.heard = append(o.heard, Publish{topic, string(payload)})
		}
		o.mu.Unlock()
	}
}

// Heard gives everything that was published so far. It first waits until the broker has
// nothing left of a client that was killed: until two marks go by with nothing between.
func (o *Observer) Heard() []Publish {
	o.t.Helper()
	for before := -1; ; {
		o.settle()
		o.mu.Lock()
		heard := slices.Clone(o.heard)
		o.mu.Unlock()
		if len(heard) == before {
			return heard
		}
		before = len(heard)
		time.Sleep(15 * time.Millisecond)
	}
}

// Retain publishes a retained message.
func (o *Observer) Retain(topic, payload string) {
	o.t.Helper()
	if out, err := exec.Command("mosquitto_pub", "-h", "127.0.0.1", "-p", o.port, "-r", "-q", "1", "-t", topic, "-m", payload).CombinedOutput(); err != nil {
		o.t.Fatalf("mosquitto_pub: %v\n%s", err, out)
	}
}

// settle publishes a mark until it is heard.
func (o *Observer) settle() {
	o.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		o.marks++
		mark := fmt.Sprint(o.marks)
		exec.Command("mosquitto_pub", "-h", "127.0.0.1", "-p", o.port, "-t", markers, "-m", mark).Run()
		for range 200 {
			o.mu.Lock()
			heard := o.marked[mark]
			o.mu.Unlock()
			if heard {
				return
			}
			time.Sleep(time.Millisecond)
		}
		if time.Now().After(deadline) {
			o.t.Fatal("mosquitto_sub hears nothing")
		}
	}
}
