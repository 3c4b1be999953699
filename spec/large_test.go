package spec

import (
	"strings"
	"testing"
	"time"
)

const largeTuple = "locals {\n  t = [for i in range(20000) : \"dev-${i}\"]\n}\n"

// largeValues are the declarations of what an expression may name beside that.
var largeValues = map[string]string{
	"local.mixed": "locals {\n  mixed = concat([1, true], local.t)\n}\n",
	"local.o":     "locals {\n  o = { for x in local.t : x => \"v\" }\n}\n",
	"var.list":    "variable \"list\" {\n  type = list(string)\n}\n",
}

// TestLargeTuplesAreLinear holds that the functions of collections take the
// devices of a fleet: cty compares the types of 20,000 elements
// pair by pair, for ten seconds and more.
func TestLargeTuplesAreLinear(t *testing.T) {
	for _, expr := range []string{
		`toset(local.t)`, `tolist(local.mixed)`, `tomap(local.o)`, `distinct(local.t)`, `compact(local.t)`, `split(",", join(",", local.t))`,
		`setunion(local.t, local.t)`, `zipmap(local.t, local.t)`, `matchkeys(local.t, local.t, local.t)`, `[coalesce(local.t...)]`,
		`setproduct(local.t, ["a"])`, `[alltrue([for x in local.t : x != ""])]`, `transpose({ for x in local.t : x => ["a"] })`, `var.list`,
	} {
		t.Run(expr, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "main.retain.hcl", "message \"m\" {\n  payload = tostring(length("+expr+"))\n}\n"+largeTuple)
			for name, text := range largeValues {
				if strings.Contains(expr, name) {
					write(t, "values.retain.hcl", text)
				}
			}
			if expr == "var.list" {
				write(t, "list.auto.retainvars.hcl", "list = ["+strings.Repeat(`"dev", `, 20_000)+"]")
			}
			inCPU(t, 5*time.Second, "it", func() { // 0.2 s, with garbage collection
				if _, _, diags := Load(".", Inputs{EvalBrokers: true}); diags.HasErrors() {
					t.Fatal(diags)
				}
			})
		})
	}
}
