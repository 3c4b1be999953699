package cli

import (
	"fmt"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
)

// importFlags are the flags of import.
type importFlags struct {
	inputFlags
	out, broker string
	exact       bool
	parallelism int
}

func checkFilters(filters []string) error {
	if len(filters) == 0 {
		return failure("Nothing to read", `Name topic filters, such as "site/#", or topics. "#" is every message.`)
	}
	for _, filter := range filters {
		if err := mqtt.CheckFilter(filter); err != nil {
			return failure("Not a topic filter", fmt.Sprintf("%q: %s.", filter, headline(err)))
		}
		if strings.HasPrefix(filter, "$") {
			return failure("Topics of the broker", fmt.Sprintf(`%q: topics that start with "$" are the broker's own and cannot be declared.`, filter))
		}
	}
	return nil
}
