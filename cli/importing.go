package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// importFlags are the flags of import.
type importFlags struct {
	inputFlags
	out, broker string
	exact       bool
	parallelism int
}

// importing is one run of import.
type importing struct {
	s      *session
	f      *importFlags
	config *spec.Config
	files  map[string]*hcl.File
	block  spec.Broker // the broker that is read
}

// openImport evaluates the configuration and selects the broker.
func openImport(ctx context.Context, s *session, f *importFlags) (importing, error) {
	e, err := evaluate(ctx, s, s.Dir, f.inputs(s, true, nil))
	if err != nil {
		return importing{}, err
	}
	if e.files != nil && len(e.files) == 0 && e.diags.HasErrors() {
		return importing{}, failure("No broker to read", fmt.Sprintf(
			"The folder %s has no configuration yet. Write a broker block first, in main.retain.hcl, such as\n\n"+
				"  broker \"mqtt\" \"house\" {\n    url = \"mqtt://127.0.0.1:1883\"\n  }\n\n"+
				"or name another folder with -chdir=DIR.", s.Dir))
	}
	if err := s.diagnose(e.files, e.diags); err != nil {
		return importing{}, err
	}
	block, err := importedBroker(e.config, f.broker)
	return importing{s: s, f: f, config: e.config, files: e.files, block: block}, err
}

func checkFilters(filters []string) error {
	if len(filters) == 0 {
		return failure("Nothing to read", `Name topic filters, such as "site/#", or topics. "#" matches every topic.`)
	}
	for _, filter := range filters {
		if err := mqtt.CheckFilter(filter); err != nil {
			return failure("Not a topic filter", fmt.Sprintf("%q: %s.", filter, headline(err)))
		}
		if strings.HasPrefix(filter, "$") {
			return failure("Topics of the broker",
				fmt.Sprintf(`%q: topics that start with "$" are the broker's own and cannot be declared.`, filter))
		}
	}
	return nil
}

// importedBroker returns the block of the broker to read: the one that is named, or the only one.
func importedBroker(c *spec.Config, name string) (spec.Broker, error) {
	names := make([]string, len(c.Brokers))
	for i, b := range c.Brokers {
		names[i] = b.Name
	}
	if name == "" && len(names) == 1 {
		return c.Brokers[0], nil
	}
	if b, ok := c.BrokerNamed(name); ok && name != "" {
		return b, nil
	}
	which := fmt.Sprintf("The configuration declares %s.", strings.Join(names, ", "))
	if name == "" {
		return spec.Broker{}, failure("Which broker?", which+" Name one with -broker=NAME.")
	}
	return spec.Broker{}, failure("No such broker", fmt.Sprintf("No block declares a broker %q. %s", name, which))
}
