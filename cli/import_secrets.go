package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

// withoutSecrets returns the messages without those of which the state records a part as sensitive:
// secrets do not belong in a file of the configuration. If the state cannot be read, it warns and
// returns all of them.
func (i importing) withoutSecrets(ctx context.Context, id state.Identity, live []mqtt.Message) []mqtt.Message {
	snapshot, err := i.recordedState(ctx)
	if err != nil {
		i.s.warn("The imported configuration may hold secrets", fmt.Sprintf(
			"The state records which messages were declared sensitive, and it cannot be read: %s. Check what was "+
				"written before you commit it.", headline(err)))
		return live
	}
	var secret []string
	shown := slices.DeleteFunc(slices.Clone(live), func(m mqtt.Message) bool {
		hides := snapshot != nil && snapshot.Hides(state.Key{Broker: id, Topic: m.Topic})
		if hides {
			secret = append(secret, fmt.Sprintf("%q", m.Topic))
		}
		return hides
	})
	if len(secret) > 0 {
		slices.Sort(secret)
		i.s.warn("Sensitive messages are left out", fmt.Sprintf(
			"Part of %s was declared sensitive when it was last applied, and the imported configuration would show "+
				"it: %s. Declare such a message by hand, with a sensitive variable; or, if it is no longer a "+
				"secret, drop its record first with \"retainctl state rm TOPIC\".",
			render.Count(len(secret), "message"), firstOf(secret, 20)))
	}
	return shown
}

// firstOf lists the first n names and counts the others.
func firstOf(all []string, n int) string {
	if len(all) <= n {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:n], ", "), len(all)-n)
}

func (i importing) recordedState(ctx context.Context) (*state.Snapshot, error) {
	store, err := openStore(ctx, i.s, i.config.Backend, i.s.Dir)
	if err != nil {
		return nil, err
	}
	snapshot, _, err := store.Read(ctx)
	return snapshot, err
}
