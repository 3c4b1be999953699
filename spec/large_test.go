package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/spectest"
)

// TestLargeTuplesAreLinear checks that collection functions can handle the devices of a fleet. The
// functions of cty compare the types of 20,000 elements pair by pair, which takes ten seconds or more.
func TestLargeTuplesAreLinear(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "main.retain.hcl", `
variable "list" {
  type = list(string)
}
locals {
  t     = [for i in range(20000) : "dev-${i}"]
  mixed = concat([1, true], local.t)
  o     = { for x in local.t : x => "v" }
}
message "m" {
  payload = tostring(length(local.o) + length(local.mixed) + length(var.list))
}
`)
	write(t, "list.auto.retainvars.hcl", "list = ["+strings.Repeat(`"dev", `, 20_000)+"]")
	var console *Console
	spectest.WithinCPU(t, 5*time.Second, "loading", func() {
		var diags hcl.Diagnostics
		if console, _, diags = OpenConsole(".", Inputs{EvalBrokers: true}); diags.HasErrors() {
			t.Fatal(diags)
		}
	})
	defer console.Close()
	for _, expr := range []string{
		`toset(local.t)`, `tolist(local.mixed)`, `tomap(local.o)`, `distinct(local.t)`, `compact(local.t)`, `split(",", join(",", local.t))`,
		`setunion(local.t, local.t)`, `zipmap(local.t, local.t)`, `matchkeys(local.t, local.t, local.t)`, `[coalesce(local.t...)]`,
		`setproduct(local.t, ["a"])`, `[alltrue([for x in local.t : x != ""])]`, `transpose({ for x in local.t : x => ["a"] })`, `var.list`,
	} {
		t.Run(expr, func(t *testing.T) {
			spectest.WithinCPU(t, 5*time.Second, "it", func() { // 0.2 s, with garbage collection
				if _, diags := console.Eval("tostring(length(" + expr + "))"); diags.HasErrors() {
					t.Fatal(diags)
				}
			})
		})
	}
}
