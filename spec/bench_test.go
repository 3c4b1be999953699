package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// fleet writes a configuration with n messages, from the rows of a CSV file.
func fleet(t testing.TB, n int) {
	var csv strings.Builder
	csv.WriteString("id,setpoint,room\n")
	for i := range n {
		fmt.Fprintf(&csv, "dev%06d,%d,room %d\n", i, i%30, i%100)
	}
	write(t, "devices.csv", csv.String())
	write(t, "main.retain.hcl", `
variable "site" {
  default = "lab"
}
locals {
  devices = csvdecode(file("devices.csv"))
}
message "thermostat" {
  for_each        = { for d in local.devices : d.id => d }
  topic           = "site/${var.site}/thermostat/${each.key}/config"
  payload         = jsonencode({ setpoint = tonumber(each.value.setpoint), unit = "C", room = each.value.room })
  content_type    = "application/json"
  user_properties = { site = var.site }
  schema          = jsonencode({ type = "object", required = ["setpoint"] })
}
`)
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.Chdir(b.TempDir())
			fleet(b, n)
			for b.Loop() {
				config, _, diags := Load(".", Inputs{})
				if diags.HasErrors() || len(config.Messages) != n {
					b.Fatal(diags)
				}
			}
		})
	}
}

// TestLoadIsLinear checks that ten times as many messages, or mistakes in every one of them, take
// about ten times as long, and not a hundred times.
func TestLoadIsLinear(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, broken := range []bool{false, true} {
		measure := func(n int) time.Duration {
			fleet(t, n)
			if broken {
				write(t, "broken.retain.hcl", `
variable "secret" {
  default   = "x"
  sensitive = true
}
message "broken" {
  for_each = { for d in local.devices : d.id => d }
  topic    = each.key
  payload  = tostring(parseint("${var.secret}${local.devices[0].id}", 10))
}
`)
			}
			start := time.Now()
			Load(".", Inputs{EvalBrokers: true})
			return time.Since(start)
		}
		small := measure(300)
		if large := measure(3_000); large > 60*small+time.Second {
			t.Errorf("broken %v: 300 messages take %v, 3,000 take %v", broken, small, large)
		}
	}
}

// modular writes a configuration that calls one module n times, with m messages each.
func modular(t testing.TB, n, m int) {
	write(t, "main.retain.hcl", fmt.Sprintf(`
module "site" {
  for_each = { for i in range(%d) : "site-${i}" => i }
  source   = "./modules/site"
  site     = each.key
  devices  = { for i in range(%d) : "dev-${i}" => { setpoint = i + each.value } }
}
message "index" {
  payload = jsonencode({ for k, s in module.site : k => s.topics })
}
`, n, m))
	write(t, "modules/site/main.retain.hcl", `
variable "site" {
  type = string
  validation {
    condition     = startswith(var.site, "site-")
    error_message = "A site is named site-N."
  }
}
variable "devices" {
  type = map(object({ setpoint = number, unit = optional(string, "C") }))
}
locals {
  prefix = "site/${var.site}"
}
message "device" {
  for_each = var.devices
  topic    = "${local.prefix}/${each.key}/config"
  payload  = jsonencode(each.value)
}
output "topics" {
  value = [for d in message.device : d.topic]
}
`)
}

func BenchmarkLoadModules(b *testing.B) {
	for _, size := range [][2]int{{1, 10_000}, {1_000, 10}, {10_000, 1}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			b.Chdir(b.TempDir())
			modular(b, size[0], size[1])
			for b.Loop() {
				config, _, diags := Load(".", Inputs{})
				if diags.HasErrors() || len(config.Messages) != size[0]*size[1]+1 {
					b.Fatal(diags)
				}
			}
		})
	}
}
