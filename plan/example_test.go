package plan_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/retainctl/retainctl/observe"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// Planning is pure. Package observe asks a begun plan what it must know, and reads that
// from the brokers; with the observations the plan is finished.
func Example() {
	ctx := context.Background()
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
	config, _, diags := spec.Load(dir, spec.Inputs{EvalBrokers: true})
	if diags.HasErrors() {
		log.Fatal(diags)
	}

	// Prior is nil: nothing was applied yet.
	in := plan.Input{Desired: config.Messages, Refreshed: true}
	begun, results, err := observe.Brokers(ctx, observe.Needed(config.Brokers, &in), in, observe.Options{Dir: dir})
	if err != nil {
		log.Fatal(err)
	}
	p := begun.Finish(results.Observations(), time.Now())

	for _, c := range p.Changes {
		fmt.Printf("%c %s %v %s\n", c.Action, c.Address, c.Reasons, c.After.Payload)
	}
	// Output: + message.greeting [new] hello
}
