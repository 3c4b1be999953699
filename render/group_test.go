package render

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

// fleet returns a plan with n updates. value returns the new setpoint of each.
func fleet(n int, value func(i int) int) *plan.Plan {
	p := emptyPlan()
	for i := range n {
		p.Changes = append(p.Changes, change(plan.Update, plan.Config, "thermostat", fmt.Sprintf("d%06d", i),
			message("", fmt.Sprintf(`{"id":"d%d","setpoint":20}`, i)), message("", fmt.Sprintf(`{"id":"d%d","setpoint":%d}`, i, value(i)))))
	}
	return p
}

func TestEqualEditsAreOneGroup(t *testing.T) {
	text := shown(t, Text, fleet(10_000, func(int) int { return 21 }), PlanOptions{Unsaved: true})
	if len(text) > 5<<10 {
		t.Errorf("10,000 equal edits take %d bytes", len(text))
	}
	for _, want := range []string{
		"  # message.thermostat[\"d000002\"] will be updated in-place\n",
		"  # ... and 9,997 more like these",
		`"site/thermostat/+" # 10,000 topics`,
		"          ~ /setpoint: 20 -> 21\n",
		"Plan: 0 to add, 10000 to change, 0 to destroy.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan lacks %q:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "/setpoint"); n != 1 {
		t.Errorf("the one change is shown %d times", n)
	}
}

func TestDifferentEditsAreSeparateGroups(t *testing.T) {
	text := shown(t, Text, fleet(6, func(i int) int { return 21 + i%3 }), PlanOptions{})
	for _, want := range []string{"20 -> 21", "20 -> 22", "20 -> 23"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q is not shown once:\n%s", want, text)
		}
	}
}

func TestManyEditsOfOneShapeAreOneGroup(t *testing.T) {
	text := shown(t, Text, fleet(1000, func(i int) int { return 21 + i }), PlanOptions{})
	if !strings.Contains(text, "(1,000 messages: the first is shown, the others have the same fields with other values)") {
		t.Errorf("the group does not say that its values differ:\n%.2000s", text)
	}
	if strings.Count(text, "/setpoint") != 1 {
		t.Errorf("1,000 edits of one leaf are shown more than once:\n%.2000s", text)
	}
}

func TestVerboseShowsEveryChange(t *testing.T) {
	text := shown(t, Text, fleet(50, func(int) int { return 21 }), PlanOptions{Verbose: true})
	if n := strings.Count(text, "will be updated in-place\n"); n != 50 {
		t.Errorf("%d of 50 changes have a heading", n)
	}
}

func TestFewCreatesAreShownSeparately(t *testing.T) {
	for _, c := range []struct{ n, bodies int }{{3, 3}, {4, 1}} {
		p := emptyPlan()
		for i := range c.n {
			p.Changes = append(p.Changes, change(plan.Create, plan.Added, "lamp", fmt.Sprint(i), nil, message("", fmt.Sprintf(`{"id":%d}`, i))))
		}
		if got := strings.Count(shown(t, Text, p, PlanOptions{}), "/id:"); got != c.bodies {
			t.Errorf("%d creates of one block have %d bodies, want %d", c.n, got, c.bodies)
		}
	}
}

func TestWhatSeparatesGroups(t *testing.T) {
	base := func() plan.Change {
		return change(plan.Update, plan.Config, "a", "1", message("", `{"x":1}`), message("", `{"x":2}`))
	}
	long := func(end string) *mqtt.Message { return message("", strings.Repeat("x", 500)+end) }
	for name, c := range map[string]struct {
		alter func(*plan.Change)
		apart bool
	}{
		"nothing": {func(*plan.Change) {}, false},
		"block":   {func(c *plan.Change) { c.Name, c.Address = "b", `message.b["1"]` }, false},
		"place":   {func(c *plan.Change) { c.Line = 99 }, false},
		"reason":  {func(c *plan.Change) { c.Reasons = []plan.Reason{plan.Drift} }, true},
		"broker":  {func(c *plan.Change) { c.Broker = "other" }, true},
		"value":   {func(c *plan.Change) { c.After.Payload = []byte(`{"x":3}`) }, true},
		"secret":  {func(c *plan.Change) { c.SecretLeaves = []string{"/p"} }, true},
		"cut off": {func(c *plan.Change) { c.Before, c.After = long("a"), long("b") }, true},
		"other leaves": {func(c *plan.Change) {
			c.Before.Payload, c.After.Payload = []byte(`{"x":1,"y":0}`), []byte(`{"x":2,"y":0}`)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := base(), base()
			c.alter(&b)
			if apart := len(groupChanges([]plan.Change{a, b}, false)) == 2; apart != c.apart {
				t.Errorf("apart is %t, want %t", apart, c.apart)
			}
		})
	}
}

func TestFilterMatchesEveryTopic(t *testing.T) {
	for _, c := range []struct {
		topics []string
		want   string
	}{
		{[]string{"a/b", "a/b"}, "a/b"},
		{[]string{"a/x/c", "a/y/c"}, "a/+/c"},
		{[]string{"a/b", "a/b/c", "a/d"}, "a/+/#"},
		{[]string{"a/b/c", "a/b"}, "a/b/#"},
		{[]string{"a", "b/c"}, "+/#"},
		{[]string{"a/b/c/d", "a/b", "a"}, "a/#"},
	} {
		got := filter(c.topics)
		if got != c.want {
			t.Errorf("filter of %v is %q, want %q", c.topics, got, c.want)
		}
		for _, topic := range c.topics {
			if !mqtt.Match(got, topic) {
				t.Errorf("%q does not match %q", got, topic)
			}
		}
	}
}

func TestTopicsOfAGroup(t *testing.T) {
	for _, c := range []struct {
		topics []string
		want   string
	}{
		{[]string{"a/b", "c"}, `"a/b", "c"`},
		{[]string{"a/1", "a/2", "a/3", "a/4"}, `"a/+" # 4 topics`},
		{[]string{"x/1/c", "y/1/c", "z/2/c", "z/3/c"}, `"+/+/c" # 4 topics`},
		{[]string{"a", "a/1", "b/1", "b/2", "c"}, `"a/#", "b/+", "c" # 5 topics`},
		{[]string{"a", "b", "c", "d", "e"}, `"a", "b", "c" and 2 more filters # 5 topics`},
	} {
		g := group{}
		for _, topic := range c.topics {
			change := &plan.Change{}
			change.Key.Topic = topic
			g.changes = append(g.changes, change)
		}
		if got := g.topics(); got != c.want {
			t.Errorf("%v are shown as %s, want %s", c.topics, got, c.want)
		}
	}
}

func TestHundredThousandChangesTakeSeconds(t *testing.T) {
	p := fleet(100_000, func(i int) int { return 21 + i%5 })
	for _, f := range []Format{Text, JSON} {
		start := time.Now()
		shown(t, f, p, PlanOptions{})
		if took := time.Since(start); took > 20*time.Second { // 0.4 s of CPU; the machine may be busy
			t.Errorf("%s took %s", f, took)
		} else {
			t.Logf("%s took %s", f, took)
		}
	}
}
