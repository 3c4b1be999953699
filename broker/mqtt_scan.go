package broker

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
)

var _ Scanner = (*mqttBroker)(nil)

// Scan subscribes to one filter after another, so that the broker's queue holds as little as
// possible at a time.
func (b *mqttBroker) Scan(ctx context.Context, filters []string) (Inventory, error) {
	if b.noScan {
		return Inventory{}, fmt.Errorf("broker %s: %w", b.options.Address, ErrNoScan)
	}
	found := Inventory{Live: map[string]mqtt.Retained{}}
	for _, filter := range filters {
		c, err := b.connection(ctx)
		if err != nil {
			return found, err
		}
		live, err := c.Scan(ctx, withParent(filter))
		if ctx.Err() != nil {
			return found, ctx.Err()
		}
		maps.Copy(found.Live, live)
		if err != nil {
			found.Reasons = append(found.Reasons, fmt.Sprintf("the scan of %q: %v", filter, err))
		}
	}
	if !b.kind.scanEnds {
		found.Reasons = append(found.Reasons, fmt.Sprintf("broker %s does not say when a wildcard subscription has "+
			"shown everything", b.options.Address))
	}
	found.Complete = len(found.Reasons) == 0
	return found, nil
}

// withParent adds "a" to "a/#", which matches it (4.7.1.2): mochi ignores that for retained
// messages.
func withParent(filter string) []string {
	if parent, ok := strings.CutSuffix(filter, "/#"); ok && parent != "" {
		return []string{parent, filter}
	}
	return []string{filter}
}
