package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/state"
)

// maxCanaries is how many of the first changes may show nothing about a broker, because it hung up
// or because somebody else published there too, before its other changes are skipped.
const maxCanaries = 3

// batch checks, publishes and reads back one batch.
func (r *run) batch(ctx context.Context, to Destination, id state.Identity, indices []int) {
	indices, ok := r.checkConflicts(ctx, id, indices)
	if !ok || len(indices) == 0 {
		return
	}
	answers := r.publish(ctx, to, indices)
	var unsure []int
	for _, i := range indices {
		switch err, sent := answers[i]; {
		case !sent: // it stays Cancelled
		case err == nil && (to.AckProvesStorage || r.SkipVerify):
			r.finish(i, Done, nil, nil)
		default:
			unsure = append(unsure, i)
		}
	}
	before := r.foreign[id]
	done := r.readBack(ctx, id, unsure, answers)
	if err, sent := answers[indices[0]]; sent && !r.proven[id] {
		r.judgeCanary(id, done > 0, r.foreign[id] > before, err)
	}
}

// judgeCanary decides from the canary whether a broker's other changes are published. One that
// somebody else replaced before it was read back shows nothing, so the next change takes its place.
func (r *run) judgeCanary(id state.Identity, stored, foreign bool, answer error) {
	switch {
	case stored:
		r.proven[id] = true
	case foreign && r.foreign[id] < maxCanaries:
	case foreign:
		r.stopped[id] = fmt.Errorf("not begun: the first %d changes were acknowledged, but then another message was "+
			"live: somebody else publishes there too, or this user may not publish", maxCanaries)
	case answer == nil:
		r.stopped[id] = errors.New("not begun: the first change was acknowledged but could not be read back")
	case hangsUp(answer):
		if r.hangUps[id]++; r.hangUps[id] == maxCanaries {
			r.stopped[id] = fmt.Errorf("not begun: the broker hung up on each of the first %d changes", maxCanaries)
		}
	}
}

// hangsUp reports whether the broker ended the connection because of a message. mosquitto does so
// for every retained message if they are turned off, over MQTT 3.1.1, which has no other way to say
// it.
func hangsUp(err error) bool {
	var e interface{ HangsUp() bool }
	return errors.As(err, &e) && e.HangsUp()
}
