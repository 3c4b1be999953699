package apply_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/observe"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// A whole run from Go: load a folder, plan it against the broker and the recorded state,
// publish, record. The second run finds nothing to do.
func Example() {
	dir, err := os.MkdirTemp("", "retainctl")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	source := `
message "greeting" {
  topic   = "house/greeting"
  payload = "hello"
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(source), 0o644); err != nil {
		log.Fatal(err)
	}
	for range 2 {
		if err := run(context.Background(), dir); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 1 to publish
	// house/greeting: done
	// 0 to publish
}

// run applies the folder as "retainctl apply -auto-approve" would, without its prompt,
// backup and output.
func run(ctx context.Context, dir string) error {
	config, _, diags := spec.Load(dir, spec.Inputs{EvalBrokers: true})
	if diags.HasErrors() {
		return diags
	}
	store := state.NewLocal(filepath.Join(dir, "retain.state.json"))
	ctx, unlock, err := store.Lock(ctx, state.NewLockInfo("apply", dir, time.Now()))
	if err != nil {
		return err
	}
	defer unlock(context.WithoutCancel(ctx))
	prior, version, err := store.Read(ctx)
	if err != nil {
		return err
	}

	in := plan.Input{Desired: config.Messages, Prior: prior, Refreshed: true}
	began, options := time.Now(), observe.Options{Dir: dir}
	begun, results, err := observe.Brokers(ctx, observe.Needed(config.Brokers, &in), in, options)
	if err != nil {
		return err
	}
	p := begun.Finish(results.Observations(), time.Now())
	if blocked := p.Blocked(false); len(blocked) > 0 {
		return fmt.Errorf("refused: %v", blocked)
	}
	fmt.Println(len(p.Changes), "to publish")

	writers, err := observe.OpenWriters(ctx, config.Brokers, p, prior, options)
	if err != nil {
		return err
	}
	defer writers.Close()
	to := map[state.Identity]apply.Destination{}
	for id, w := range writers {
		to[id] = apply.Destination{Target: w, Capabilities: w.Info().Capabilities}
	}
	report, err := apply.Run(ctx, p, prior, apply.Options{
		To: to, Observed: began,
		Save: func(ctx context.Context, s *state.Snapshot) (err error) {
			s.Serial++
			version, err = store.Write(ctx, s, version)
			return err
		},
	})
	if err != nil {
		return err
	}
	for _, r := range report.Results {
		fmt.Printf("%s: %s\n", r.Change.Key.Topic, r.Outcome)
	}
	return report.SaveErr
}
