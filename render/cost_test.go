package render

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

func TestPlanShowsCost(t *testing.T) {
	p := emptyPlan()
	p.Brokers[0].Quota = mqtt.Quota{PublishRate: 500, ReadRate: 500, UnitBytes: 5 << 10}
	p.Changes = []plan.Change{
		change(plan.Create, plan.Added, "x", "a", nil, message("", "1")),
		change(plan.Update, plan.Config, "x", "b", message("", "1"), message("", "2")),
	}
	const line = "Applying this to broker lab takes 2 publishes and 2 reads, " +
		"about a second at its quota of 500 publishes a second, metered as 6 units of 5 KB."
	for format, want := range map[Format]string{
		Text: line + "\n", Markdown: line + "\n", HTML: line,
		JSON: `"cost":[{"broker":"lab","publishes":2,"reads":2,"seconds":0.004,"publish_rate":500,"metered_units":6,"metered_unit_bytes":5120}]`,
	} {
		var out bytes.Buffer
		if err := Plan(&out, format, p, PlanOptions{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s lacks %q:\n%s", format, want, out.String())
		}
	}
}

func TestCostInWords(t *testing.T) {
	for want, c := range map[string]plan.Cost{
		"Applying this to broker a takes 1 publish, about a second at its quota of 0.5 publishes a second.": {
			Broker: "a", Publishes: 1, Quota: mqtt.Quota{PublishRate: 0.5}, Duration: time.Second,
		},
		"Applying this to broker a takes 100,000 publishes and 1 read, " +
			"about 7 minutes at its quota of 500 publishes a second, metered as 1 unit of 5 KB.": {
			Broker: "a", Publishes: 100_000, Reads: 1, Units: 1, Quota: mqtt.Quota{PublishRate: 500, UnitBytes: 5120}, Duration: 400 * time.Second,
		},
	} {
		if got := cost(c); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
