package spec

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

const brokers = `
retainctl {
  max_deletes = 20
  backend "s3" {
    bucket = var.bucket
    key    = "fleet.json"
  }
}
variable "bucket" {
  default = "b"
}
variable "password" {
  sensitive = true
  default   = "hunter2"
}
broker "mqtt" "lab" {
  url         = "mqtts://broker.lab:8883"
  username    = "u"
  password    = var.password
  token       = null
  ca_file     = "ca.pem"
  cert_file   = "/etc/c.pem"
  key_file    = "k.pem"
  alpn        = ["mqtt"]
  protocol    = "5"
  kind        = "emqx"
  connections = 4
  rate        = 12.5
  timeout     = "5s"
}
broker "aws_iot" "prod" {
  region = "eu-west-1"
  rate   = 100
}
broker "embedded" "dev" {}
`

func TestBrokerSettings(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.retain.hcl"), brokers)
	config := load(t, dir, Inputs{EvalBrokers: true, BackendConfig: []string{"key=other.json", "region=r"}})
	want := []BrokerSettings{
		&MQTTSettings{Address: MQTTAddress{Scheme: "mqtts", Host: "broker.lab", Port: "8883"}, Username: "u", Password: "hunter2", CAFile: filepath.Join(dir, "ca.pem"),
			CertFile: "/etc/c.pem", KeyFile: filepath.Join(dir, "k.pem"), ALPN: []string{"mqtt"}, Protocol: "5", Kind: "emqx",
			Connections: 4, Rate: 12.5, Timeout: 5 * time.Second},
		&AWSIoTSettings{Region: "eu-west-1", Rate: 100},
		&EmbeddedSettings{Path: filepath.Join(dir, ".retainctl", "broker.db"), Root: dir},
	}
	for i, b := range config.Brokers {
		if diff := cmp.Diff(want[i], b.Settings); diff != "" {
			t.Errorf("%s (-want +got)\n%s", b.Name, diff)
		}
	}
	if got, want := *config.MaxDeletes, (Threshold{Number: 20}); got != want {
		t.Errorf("max_deletes %v", got)
	}
	wantBackend := &S3Settings{Bucket: "b", Key: "other.json", Region: "r", LockLease: time.Minute}
	if diff := cmp.Diff(BackendSettings(wantBackend), config.Backend.Settings); diff != "" || config.Backend.Type != "s3" {
		t.Errorf("backend %q (-want +got)\n%s", config.Backend.Type, diff)
	}
	if _, ok := config.BrokerNamed("prod"); !ok {
		t.Error("no broker prod")
	}
	if _, ok := config.BrokerNamed("nope"); ok {
		t.Error("a broker nope")
	}
	for _, b := range load(t, dir, Inputs{}).Brokers {
		if b.Settings != nil {
			t.Errorf("%s was evaluated", b.Name)
		}
	}
}

func load(t *testing.T, dir string, in Inputs) *Config {
	t.Helper()
	config, _, diags := Load(dir, in)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return config
}

// localPath returns the path of the local backend.
func localPath(c *Config) string { return c.Backend.Settings.(*LocalSettings).Path }

func TestDefaults(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.retain.hcl"), `message "m" { payload = "x" }`)
	config := load(t, dir, Inputs{EvalBrokers: true})
	if len(config.Brokers) != 1 || config.Brokers[0].Type != "embedded" || config.Messages[0].Broker != "default" {
		t.Errorf("%+v", config)
	}
	if config.Backend.Type != "local" || localPath(config) != DefaultStatePath || config.MaxDeletes != nil {
		t.Errorf("%+v", config)
	}
}

// TestStatePath checks that the local backend's path is converted to a string, that null means the
// default, and that -backend-config overrides it.
func TestStatePath(t *testing.T) {
	for path, want := range map[string]string{`"x"`: "x", `null`: DefaultStatePath, `5`: "5", `true`: "true"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "main.retain.hcl"), "retainctl {\n  backend \"local\" {\n    path = "+path+"\n  }\n}\n")
		if got := localPath(load(t, dir, Inputs{})); got != want {
			t.Errorf("path = %s becomes %q", path, got)
		}
		if got := localPath(load(t, dir, Inputs{BackendConfig: []string{"path=ci"}})); got != "ci" {
			t.Errorf("-backend-config=path=ci becomes %q", got)
		}
	}
}

// TestPreset checks that the variables of a saved plan override the environment, and that a -var with
// another value is an error.
func TestPreset(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "main.retain.hcl", "variable \"v\" {\n  type = number\n}\nmessage \"m\" {\n  payload = tostring(var.v)\n}\n")
	in := Inputs{Env: []string{"RETAINCTL_VAR_v=1"}, Preset: map[string]cty.Value{"v": cty.NumberIntVal(7)}}
	if got := string(load(t, ".", in).Messages[0].Payload); got != "7" {
		t.Errorf("payload %s", got)
	}
	in.Vars = []VarArg{{Set: "v=7"}}
	load(t, ".", in)
	in.Vars = []VarArg{{Set: "v=8"}}
	if _, _, diags := Load(".", in); !diags.HasErrors() {
		t.Error("another value was accepted")
	}
}

// TestNoSecretIsShown checks that diagnostics of many mistakes with sensitive values do not show the
// values on a terminal.
func TestNoSecretIsShown(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "main.retain.hcl", `
variable "secret" {
  sensitive = true
}
variable "typed" {
  type      = list(number)
  sensitive = true
}
locals {
  key      = "${var.secret}x"
  number   = parseint(local.key, 10)
  again    = tonumber(local.key)
  twice    = { for k in [local.key, local.key] : k => 1 }
  index    = { a = 1 }[local.key]
  regex    = regex("^[0-9]", local.key)
  json     = jsondecode(local.key)
  time     = timeadd(local.key, "1h")
  lower    = tonumber(lower(local.key))
  sum      = local.key + 1
  each     = [for x in [local.key] : tonumber(x)]
  missing  = file(local.key)
  template = templatefile(local.key, {})
}
broker "mqtt" "b" {
  url      = "mqtt://h"
  password = tonumber(local.key)
  username = [local.key]
}
message "m" {
  for_each = { a = local.key }
  topic    = "t/${tonumber(each.value)}"
  payload  = { a = each.value }
  qos      = each.value
  schema   = each.value
}
message "enum" {
  payload                  = "x"
  payload_format_indicator = var.secret
  compare                  = var.secret
  message_expiry           = var.secret
  broker                   = var.secret
  lifecycle {
    on_destroy      = var.secret
    prevent_destroy = var.secret
  }
}
`)
	write(t, "x.auto.retainvars.hcl", "secret = \"hunter2\"\ntyped = [\"hunter2\"]\n")
	_, files, diags := Load(".", Inputs{EvalBrokers: true, Env: []string{"RETAINCTL_VAR_secret=hunter2"}, Vars: []VarArg{{Set: "typed=[hunter2"}}})
	if len(diags) < 20 {
		t.Errorf("only %d diagnostics", len(diags))
	}
	var out bytes.Buffer
	if err := hcl.NewDiagnosticTextWriter(&out, files, 100, false).WriteDiagnostics(diags); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(strings.ToLower(out.String())) {
		if strings.Contains(line, "hunter") {
			t.Errorf("shown: %s", line)
		}
	}
}
