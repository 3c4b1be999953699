// Package crashtest kills retainctl while it applies, again and again, and compares what is left with
// what a subscriber of the broker received: whatever was published is known to the next plan, and the
// next apply publishes exactly what is missing.
package crashtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retainctl/retainctl/state"
)

// Bench describes the setup in which retainctl is killed.
type Bench struct {
	Kills     int            // how many kills must hit a running apply
	Bin       string         // the path of the program
	Env       []string       // variables added to its environment
	Broker    map[string]any // its broker block, as JSON
	Setup     map[string]any // its retainctl block; nil keeps the state in a file
	MaxQoS    int
	Port      string           // address of the broker's MQTT port, for the observer
	Killed    func(dir string) // called after each kill; may be nil
	Untracked bool             // others publish undeclared messages, which an exclusive block deletes
}

// world is one run of a bench.
type world struct {
	*Bench
	t        *testing.T
	random   *rand.Rand
	dir      string
	observer *Observer
	live     map[string]string // what the broker holds, as far as was received
	seen     int               // how many received messages are in live
	whole    time.Duration     // the duration of an apply that is not killed
	sending  time.Duration     // the part of it from the printed plan to its end
	hits     map[moment]int
}

// moment is the time at which a kill hit.
type moment string

const (
	planning   moment = "before anything was saved"
	publishing moment = "while pending"
	saved      moment = "after the last save"
)

// Run kills applies until Kills of them were hit while they ran, and checks what each kill left.
func Run(t *testing.T, b Bench) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := &world{
		Bench: &b, t: t, random: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), observer: Observe(t, b.Port),
		live: map[string]string{}, hits: map[moment]int{},
	}
	w.warmUp()
	kills, runs := 0, 0
	for ; kills < b.Kills; runs++ {
		if runs > 20*b.Kills {
			t.Fatalf("only %d of %d kills hit a running apply", kills, runs)
		}
		desired := w.configure()
		w.publishUntracked()
		before := w.pull()
		if w.killApply() {
			kills++
			w.judge(before)
		} else {
			w.receive()
		}
		if w.random.IntN(2) == 0 { // the configuration may have changed meanwhile
			desired = w.configure()
		}
		w.recover(desired)
		if t.Failed() {
			t.Fatalf("after %d kills, seed %d", kills, seed)
		}
	}
	t.Logf("%d kills hit a running apply in %d runs: %v", kills, runs, w.hits)
}

// warmUp creates a state, and measures an apply.
func (w *world) warmUp() {
	for range 3 {
		w.recover(w.configure())
		w.configure()
		start, apply := time.Now(), w.startApply()
		<-apply.planned
		planned := time.Now()
		apply.Wait()
		w.whole, w.sending = time.Since(start), time.Since(planned)
		w.receive()
	}
}

// configure writes a configuration in which some messages are new, some changed and some gone, and
// returns its payloads by topic.
func (w *world) configure() map[string]string {
	const topics = 60
	desired, messages := map[string]string{}, map[string]any{}
	for i := range topics {
		topic := fmt.Sprintf("crash/%02d", i)
		payload := w.live[topic]
		switch w.random.IntN(6) {
		case 0:
			payload = ""
		case 1, 2, 3:
			payload = fmt.Sprintf("%d %s", w.random.Uint64(), strings.Repeat("x", w.random.IntN(500)))
		}
		if payload != "" {
			desired[topic] = payload
			message := map[string]any{"topic": topic, "payload": payload, "qos": i % (w.MaxQoS + 1)}
			messages[fmt.Sprintf("m%02d", i)] = message
		}
	}
	document := map[string]any{"broker": w.Broker, "message": messages}
	if w.Untracked {
		document["exclusive"] = map[string]any{"all": map[string]any{"filter": "crash/#"}}
	}
	if w.Setup != nil {
		document["retainctl"] = w.Setup
	}
	data, err := json.Marshal(document)
	if err == nil {
		err = os.WriteFile(filepath.Join(w.dir, "main.retain.json"), data, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return desired
}

// publishUntracked publishes messages that are not declared.
func (w *world) publishUntracked() {
	if !w.Untracked {
		return
	}
	for range w.random.IntN(6) {
		w.observer.Retain(fmt.Sprintf("crash/untracked/%d", w.random.IntN(20)), fmt.Sprint(w.random.Uint64()))
	}
	w.receive()
}

func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.Command(w.Bin, args...)
	cmd.Dir, cmd.Env = w.dir, append(os.Environ(), w.Env...)
	return cmd
}

// applying is a running apply.
type applying struct {
	*exec.Cmd
	output
	planned chan struct{} // closed once the plan is printed
}

// output keeps what a command writes, and calls planned once the plan is written.
type output struct {
	text    strings.Builder
	planned func()
}

func (o *output) Write(p []byte) (int, error) {
	o.text.Write(p)
	if strings.Contains(o.text.String(), "Token: ") {
		o.planned()
	}
	return len(p), nil
}

func (w *world) startApply() *applying {
	a := &applying{Cmd: w.command("apply", "-auto-approve", "-max-deletes=100%"), planned: make(chan struct{})}
	a.output.planned = sync.OnceFunc(func() { close(a.planned) })
	a.Stdout, a.Stderr = &a.output, &a.output
	if err := a.Start(); err != nil {
		w.t.Fatal(err)
	}
	return a
}

// killApply starts an apply and kills it at a random time. It reports whether the apply was still
// running. Most of the kills hit it while it publishes, and many while it writes its state.
func (w *world) killApply() bool {
	apply := w.startApply()
	wait := time.Duration(w.random.Float64() * 1.1 * float64(w.sending))
	switch n := w.random.IntN(6); {
	case n == 0:
		time.Sleep(time.Duration(w.random.Float64() * 1.1 * float64(w.whole)))
	case n <= 2 && w.Setup == nil:
		w.awaitWrite()
		time.Sleep(min(wait, 3*time.Millisecond))
	default:
		select {
		case <-apply.planned:
			time.Sleep(wait)
		case <-time.After(20 * w.whole): // there was nothing to do
		}
	}
	apply.Process.Kill()
	err := apply.Wait()
	if apply.ProcessState.ExitCode() >= 0 { // it ended by itself
		if err != nil {
			w.t.Fatalf("apply that was not killed: %v\n%s", err, apply.text.String())
		}
		return false
	}
	if w.Killed != nil {
		w.Killed(w.dir)
	}
	return true
}

// awaitWrite waits until the state is being written for the first or the second time.
func (w *world) awaitWrite() {
	writes := 1 + w.random.IntN(2)
	for last, deadline := "", time.Now().Add(4*w.whole); writes > 0 && time.Now().Before(deadline); {
		found, _ := filepath.Glob(filepath.Join(w.dir, ".retain.state.json.tmp*"))
		if len(found) > 0 && found[0] != last {
			last = found[0]
			writes--
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// receive returns what was published since its last call, and updates live.
func (w *world) receive() []Publish {
	all := w.observer.Received()
	received := all[w.seen:]
	w.seen = len(all)
	for _, p := range received {
		if p.Payload == w.live[p.Topic] {
			w.t.Errorf("%s was published although it already held that", p.Topic)
		}
		if p.Payload == "" {
			delete(w.live, p.Topic)
		} else {
			w.live[p.Topic] = p.Payload
		}
	}
	return received
}

// pull returns the state, or nil if there is none yet.
func (w *world) pull() *state.Snapshot {
	out, err := w.command("state", "pull").Output()
	if err != nil {
		w.t.Fatalf("state pull after a kill: %v", err)
	}
	if len(out) == 0 {
		return nil
	}
	s, err := state.Decode(out)
	if err != nil {
		w.t.Fatalf("the state after a kill: %v", err)
	}
	return s
}
