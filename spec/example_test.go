package spec_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/retainctl/retainctl/spec"
)

// A folder of HCL files becomes a Config, with every expression evaluated. Mistakes come
// back as diagnostics with file and line.
func ExampleLoad() {
	dir, err := os.MkdirTemp("", "retainctl")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	source := `
variable "site" {
  type = string
}

message "setpoint" {
  for_each = { attic = 17, kitchen = 21 }
  topic    = "site/${var.site}/${each.key}/setpoint"
  payload  = jsonencode({ celsius = each.value })
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(source), 0o644); err != nil {
		log.Fatal(err)
	}

	config, _, diags := spec.Load(dir, spec.Inputs{
		Vars:        []spec.VarArg{{Set: "site=munich"}},
		EvalBrokers: true,
	})
	if diags.HasErrors() {
		log.Fatal(diags)
	}
	for _, m := range config.Messages {
		fmt.Println(m.Address, "on", m.Broker)
		fmt.Println("  ", m.Topic, string(m.Payload))
	}
	// Output:
	// message.setpoint["attic"] on default
	//    site/munich/attic/setpoint {"celsius":17}
	// message.setpoint["kitchen"] on default
	//    site/munich/kitchen/setpoint {"celsius":21}
}
