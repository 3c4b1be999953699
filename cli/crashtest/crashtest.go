// Package crashtest kills retainctl while it applies, over and over, and holds what is
// left behind to what an observer of the broker heard: whatever was published is known
// to the next plan, and the next apply publishes just what is missing.
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

// Bench is where retainctl is killed.
type Bench struct {
	Kills   int            // that hit a running apply
	Bin     string         // the real binary
	Env     []string       // its environment
	Broker  map[string]any // its broker block, as JSON
	Setup   map[string]any // its retainctl block; nil keeps state in a file
	MaxQoS  int
	Port    string           // address of the broker's MQTT port, for the observer
	Killed  func(dir string) // called after each kill; it may be nil
	Haunted bool             // others publish what nobody declared, which an exclusive block deletes
}

// world is a bench at work.
type world struct {
	*Bench
	t        *testing.T
	random   *rand.Rand
	dir      string
	observer *Observer
	live     map[string]string // what the broker holds, from what was heard
	seen     int               // of what was heard
	lasts    time.Duration     // an apply that nobody kills
	carries  time.Duration     // the part of it from the printed plan to its end
	hits     map[moment]int
}

// moment is when a kill hit.
type moment string

const (
	planning   moment = "before anything was saved"
	publishing moment = "while pending"
	over       moment = "after the last save"
)

// Run kills as often as the bench says.
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
		w.haunt()
		before := w.pull()
		if w.killApply() {
			kills++
			w.judge(before)
		} else {
			w.hear()
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

// warmUp begins with a state, and measures an apply.
func (w *world) warmUp() {
	for range 3 {
		w.recover(w.configure())
		w.configure()
		start, apply := time.Now(), w.startApply()
		<-apply.planned
		planned := time.Now()
		apply.Wait()
		w.lasts, w.carries = time.Since(start), time.Since(planned)
		w.hear()
	}
}

// configure declares other messages: some are new, some changed, some gone.
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
			messages[fmt.Sprintf("m%02d", i)] = map[string]any{"topic": topic, "payload": payload, "qos": i % (w.MaxQoS + 1)}
		}
	}
	document := map[string]any{"broker": w.Broker, "message": messages}
	if w.Haunted {
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

// haunt publishes strangers.
func (w *world) haunt() {
	if !w.Haunted {
		return
	}
	for range w.random.IntN(6) {
		w.observer.Retain(fmt.Sprintf("crash/ghost/%d", w.random.IntN(20)), fmt.Sprint(w.random.Uint64()))
	}
	w.hear()
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

// output keeps what a command writes, and tells when it wrote the plan.
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

// killApply starts an apply and kills it at a random time, and tells whether that hit.
// Most of the kills hit it while it publishes, and many while it writes its state.
func (w *world) killApply() bool {
	apply := w.startApply()
	wait := time.Duration(w.random.Float64() * 1.1 * float64(w.carries))
	switch n := w.random.IntN(6); {
	case n == 0:
		time.Sleep(time.Duration(w.random.Float64() * 1.1 * float64(w.lasts)))
	case n <= 2 && w.Setup == nil:
		w.awaitWrite()
		time.Sleep(min(wait, 3*time.Millisecond))
	default:
		select {
		case <-apply.planned:
			time.Sleep(wait)
		case <-time.After(20 * w.lasts): // there was nothing to do
		}
	}
	apply.Process.Kill()
	err := apply.Wait()
	if apply.ProcessState.ExitCode() >= 0 { // it ended by itself
		if err != nil {
			w.t.Fatalf("apply that nobody killed: %v\n%s", err, apply.text.String())
		}
		return false
	}
	if w.Killed != nil {
		w.Killed(w.dir)
	}
	return true
}

// awaitWrite waits until the state is being written, the first or the second time.
func (w *world) awaitWrite() {
	writes := 1 + w.random.IntN(2)
	for last, deadline := "", time.Now().Add(4*w.lasts); writes > 0 && time.Now().Before(deadline); {
		found, _ := filepath.Glob(filepath.Join(w.dir, ".retain.state.json.tmp*"))
		if len(found) > 0 && found[0] != last {
			last = found[0]
			writes--
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// hear takes in what was published since the last time.
func (w *world) hear() []Publish {
	all := w.observer.Heard()
	heard := all[w.seen:]
	w.seen = len(all)
	for _, p := range heard {
		if p.Payload == w.live[p.Topic] {
			w.t.Errorf("%s was published although it already held that", p.Topic)
		}
		if p.Payload == "" {
			delete(w.live, p.Topic)
		} else {
			w.live[p.Topic] = p.Payload
		}
	}
	return heard
}

// pull gives the state; nil before there is one.
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
