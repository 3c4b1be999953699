package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// aws returns the default quota of an AWS account.
func aws() mqtt.Quota { return mqtt.Quota{PublishRate: 500, ReadRate: 500, UnitBytes: 5 << 10} }

func creates(n, size int) []plan.Change {
	w := newWorld()
	var desired []spec.Message
	for i := range n {
		desired = append(desired, message(fmt.Sprintf("t/%05d", i), strings.Repeat("x", size)))
	}
	return w.plan(desired...).Changes
}

func TestCostAt(t *testing.T) {
	tests := []struct {
		name                    string
		changes                 []plan.Change
		publishes, reads, units int
		duration                time.Duration
		age                     time.Duration
	}{
		{"nothing", nil, 0, 0, 0, 0, 0},
		// Two units for the publish, one for the read of its time.
		{"small", creates(1000, 10), 1000, 1000, 3000, 2 * time.Second, 0},
		// 6,000 bytes are two units, and so are their 8,000 bytes of base64.
		{"two units", creates(1, 6000), 1, 1, 6, 2 * time.Millisecond, 0},
		// The publish of 5,000 bytes is one unit, their base64 is two.
		{"base64", creates(1, 5000), 1, 1, 4, 2 * time.Millisecond, 0},
		// Topics that are published after ten seconds are read again.
		{"long", creates(6000, 10), 6000, 7000, 19000, 14 * time.Second, 0},
		// So are all topics if the first read alone took that long.
		{"long read", creates(6000, 10), 6000, 8000, 20000, 16 * time.Second, 2 * time.Second},
		{"longer read", creates(6000, 10), 6000, 12000, 24000, 24 * time.Second, 20 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := plan.Cost{
				Quota: aws(), Broker: "lab", Publishes: test.publishes, Reads: test.reads, Units: test.units, Duration: test.duration,
			}
			if d := cmp.Diff(want, plan.CostAt("lab", test.changes, aws(), test.age)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCostOfDeletesAndOfWhatIsNotMetered(t *testing.T) {
	w := newWorld()
	w.runUnchecked(w.plan(message("a", "x"), message("b", "x")))
	p := w.plan(message("a", "y"))
	want := plan.Cost{Quota: aws(), Broker: "lab", Publishes: 2, Reads: 1, Units: 5, Duration: 4 * time.Millisecond}
	wantEqual(t, plan.CostAt("lab", p.Changes, aws(), 0), want)
	wantEqual(t, plan.CostAt("other", p.Changes, aws(), 0), plan.Cost{Quota: aws(), Broker: "other"})
	wantEqual(t, plan.CostAt("lab", p.Changes, mqtt.Quota{}, 0), plan.Cost{Broker: "lab"})
	wantEqual(t, plan.CostAt("lab", p.Changes, mqtt.Quota{PublishRate: 1}, 0).Units, 0)
}
