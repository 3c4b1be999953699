package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/cli"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
)

// secret values by what they are planted in. They are unlike anything that the program
// prints, and no two share a part.
var planted = map[string]string{
	"whole":       "whole-Zk1\nsecond \"quoted\" line \\ of it\n\tünï✓ <b>&amp;\u202e\x1b[31m",
	"short":       "QZJK",
	"leaf":        `leaf-Vx"2'\u0041/` + "\b\x7f",
	"long":        strings.Repeat("long-Wq3+", 400),
	"bytes":       "bytes-\x00\x01\xfe\xff-Hn4",
	"type":        "type/xr5-secret",
	"response":    "response/xr6/secret",
	"correlation": "correlation-xr7",
	"property":    "property-xr8 = {a}",
	"ordered":     "ordered-xr9|`x`",
	"element":     "element-ya1",
	"key":         "key-ya2-secret",
	"object":      "object-ya3-secret",
	"templated":   "templated-ya4",
	"argument":    "argument-ya5-from-var",
	"file":        "file-ya6-from-var-file",
	"user":        "user-ya7-name",
	"password":    "password-ya8-p@ss/w:rd?#%",
	"wrong":       "wrong-ya9-p@ss",
	"stranger":    "stranger-za1 of the live message",
	"drifted":     "drifted-za2\nof the live message",
	"later":       "later-za3 after the plan was made",
	"literal":     "literal-za4-in-a-url",
	"pin":         "471100815",
}

const canaryVariables = `
variable "whole" {
  sensitive = true
}
variable "leaf" {
  sensitive = true
}
variable "argument" {
  sensitive = true
}
variable "file" {
  sensitive = true
}
variable "s" {
  type      = map(string)
  sensitive = true
}
variable "user" {
  sensitive = true
}
variable "password" {
  sensitive = true
}
locals {
  s = { for k in nonsensitive(keys(var.s)) : k => var.s[k] }
}
`

const canaryMessages = `
message "whole" {
  topic   = "canary/whole"
  payload = var.whole
}
message "short" {
  topic   = "canary/short"
  payload = jsonencode({ n = 1, short = local.s.short, long = local.s.long, pin = tonumber(local.s.pin) })
}
message "leaf" {
  topic   = "canary/leaf"
  payload = jsonencode({ open = "public", wifi = { ssid = "home", psk = var.leaf }, list = [{ id = 1, pw = local.s.element }], (1 == 1 ? "by" : "x") = { (nonsensitive("k")) = local.s.argument } })
}
message "object" {
  topic   = "canary/object"
  payload = jsonencode({ open = 1, tokens = { for k in [local.s.key] : k => local.s.object } })
}
message "templated" {
  topic   = "canary/templated"
  payload = templatefile("secret.tpl", { secret = local.s.templated })
}
message "yaml" {
  topic   = "canary/yaml"
  payload = yamlencode({ a = local.s.templated, b = [var.argument, var.file] })
}
message "marked" {
  topic     = "canary/marked"
  payload   = nonsensitive(local.s.object)
  sensitive = true
}
message "bytes" {
  topic          = "canary/bytes"
  payload_base64 = sensitive(filebase64("secret.bin"))
}
message "stranger" {
  topic   = "canary/stranger"
  payload = jsonencode({ a = 1, b = var.leaf })
}
`

// canaryProperties are what AWS IoT takes, too, and canaryMQTT5 is what it cannot read back.
const canaryProperties = `
message "properties" {
  topic           = "canary/properties"
  payload         = "public"
  user_properties = { a = local.s.property, open = "public" }
}
message "ordered" {
  topic           = "canary/ordered"
  payload         = "public"
  user_properties = [{ name = "a", value = local.s.ordered }, { name = "a", value = "public" }]
}
message "mqtt5" {
  topic            = "canary/mqtt5"
  payload          = "public"
  content_type     = local.s.type
  response_topic   = local.s.response
  correlation_data = base64encode(local.s.correlation)
}
`

// canaryRun is a folder with a configuration, the broker that it names, and the search.
type canaryRun struct {
	t        *testing.T
	dir      string
	messages *store.Store
	search   search
	password string
	steps    int
	within   bool // runs are made in this process, where they are fast
	stdin    string
	planted  []string // files that hold secrets because somebody put them there
}

// TestCanaries drives the real binary through everything that prints or stores, with
// secrets in every field that can carry one, and looks for them in all of it.
func TestCanaries(t *testing.T) {
	t.Run("mqtt", func(t *testing.T) {
		t.Parallel()
		c := newCanaryRun(t)
		mqtt, _ := c.serve()
		c.story(fmt.Sprintf("broker \"mqtt\" \"b\" {\n  url      = \"mqtt://%s\"\n  username = var.user\n  password = var.password\n  kind     = \"mosquitto\" # no waiting for what this one never reorders\n  timeout  = \"5s\"\n}\n", mqtt))
	})
	t.Run("aws", func(t *testing.T) {
		t.Parallel()
		c := newCanaryRun(t)
		c.within = true
		_, aws := c.serve()
		c.story(fmt.Sprintf("broker \"aws_iot\" \"b\" {\n  region   = \"eu-west-1\"\n  endpoint = \"http://%s\"\n}\n", aws))
	})
}

func newCanaryRun(t *testing.T) *canaryRun {
	c := &canaryRun{t: t, dir: t.TempDir(), password: planted["password"], planted: []string{"secret.bin", "in.auto.retainvars.json", "given.hcl", "literal.retain.hcl", "broken.retain.hcl"}}
	c.search.leak, c.search.seen = t.Errorf, map[string][]byte{}
	for name, value := range planted {
		c.search.canaries = append(c.search.canaries, newCanary(name, value))
	}
	inFile := map[string]string{}
	for _, name := range []string{"short", "long", "type", "response", "correlation", "property", "ordered", "element", "key", "object", "templated", "argument", "pin"} {
		inFile[name] = planted[name]
	}
	file, err := json.Marshal(map[string]any{"s": inFile})
	if err != nil {
		t.Fatal(err)
	}
	c.write("in.auto.retainvars.json", string(file))
	c.write("given.hcl", fmt.Sprintf("file = %q\n", planted["file"]))
	c.write("secret.tpl", "key: ${secret}\n")
	c.write("secret.bin", planted["bytes"])
	return c
}

func (c *canaryRun) write(name, text string) {
	c.t.Helper()
	write(c.t, filepath.Join(c.dir, name), []byte(text))
}

// serve starts a broker that wants a password and denies canary/denied.
func (c *canaryRun) serve() (mqttAddress, awsAddress string) {
	messages, err := store.Open(filepath.Join(c.t.TempDir(), "served.db"), store.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	c.messages = messages
	b := server.New(server.Options{Store: messages, Username: planted["user"], Password: planted["password"], Deny: []string{"canary/denied/#"}})
	c.t.Cleanup(func() { b.Close(); messages.Close() })
	mqttPort, awsPort := listen(c.t), listen(c.t)
	go b.Serve(c.t.Context(), mqttPort)
	go cli.ServeHTTP(c.t.Context(), awsPort, b.AWSHandler())
	return mqttPort.Addr().String(), awsPort.Addr().String()
}

// live puts a message on the broker as somebody else would.
func (c *canaryRun) live(topic, payload string, props ...mqtt.UserProperty) {
	c.t.Helper()
	m := mqtt.Message{Topic: topic, Payload: []byte(payload), UserProperties: props}
	if err := c.messages.Put([]mqtt.Message{m}); err != nil {
		c.t.Fatal(err)
	}
}

// run runs a command line, searches what it printed and every file, and gives what it
// printed.
func (c *canaryRun) run(want int, args ...string) string {
	c.t.Helper()
	c.steps++
	var stdout, stderr bytes.Buffer
	environ := append(os.Environ(), "RETAINCTL_LOG=debug", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
		"RETAINCTL_VAR_whole="+planted["whole"], "RETAINCTL_VAR_leaf="+planted["leaf"], "RETAINCTL_VAR_user="+planted["user"], "RETAINCTL_VAR_password="+c.password)
	got := 0
	if c.within {
		got = cli.Run(args, cli.Env{
			Stdin: strings.NewReader(c.stdin), Stdout: &stdout, Stderr: &stderr, Environ: environ, Dir: c.dir, Width: 80,
			Signals: make(chan os.Signal), Exit: func(int) {},
		})
	} else {
		cmd := exec.Command("retainctl", args...)
		cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.dir, environ, strings.NewReader(c.stdin), &stdout, &stderr
		if err := cmd.Run(); err != nil {
			exit := new(exec.ExitError)
			if !errors.As(err, &exit) {
				c.t.Fatal(err)
			}
			got = exit.ExitCode()
		}
	}
	step := fmt.Sprintf("step %d, %s", c.steps, strings.ReplaceAll(strings.Join(args, " "), planted["argument"], "..."))
	if want >= 0 && got != want {
		c.t.Fatalf("%s: exit %d, want %d\n%s\n%s", step, got, want, stdout.String(), stderr.String())
	}
	c.search.text(step+": stdout", stdout.Bytes())
	c.search.text(step+": stderr", stderr.Bytes())
	c.search.folder(c.t, step, c.dir, c.planted...)
	return stdout.String() + stderr.String()
}

// with adds the variables that come from the command line.
func with(args ...string) []string {
	return append(args, "-var", "argument="+planted["argument"], "-var-file=given.hcl", "-no-color")
}

// everyPlan prints a plan in every form that there is.
func (c *canaryRun) everyPlan(flags ...string) {
	c.t.Helper()
	for _, form := range [][]string{
		{}, {"-verbose"}, {"-json"}, {"-format=json"}, {"-format=markdown"}, {"-format=html"}, {"-format=html", "-verbose"},
		{"-format=markdown", "-verbose", "-max-bytes=9000"}, {"-compact-warnings", "-detailed-exitcode"},
	} {
		c.run(-1, with(append(append([]string{"plan"}, form...), flags...)...)...)
	}
}

// everyShow prints a saved plan and the state in every form.
func (c *canaryRun) everyShow(planFile string) {
	c.t.Helper()
	for _, format := range []string{"text", "json", "markdown", "html"} {
		c.run(0, "show", "-verbose", "-format="+format, planFile)
		c.run(-1, with("show", "-format="+format)...)
	}
	for _, args := range [][]string{{"state", "list"}, {"state", "list", "-json"}, {"state", "pull"}, {"state", "show", "canary/leaf"}, {"state", "show", "-json", "canary/leaf"}, {"state", "show", "canary/whole"}} {
		c.run(-1, with(args...)...)
	}
}

// story is a life of the configuration, from the first plan to the last message.
func (c *canaryRun) story(broker string) {
	secure := strings.Contains(broker, "password")
	c.write("broker.retain.hcl", broker+canaryVariables)
	c.write("main.retain.hcl", canaryMessages+canaryProperties)

	// A stranger at a declared topic is refused, and shown without its secrets.
	c.live("canary/stranger", document(map[string]any{"a": 2, "renamed": planted["stranger"]}))
	c.everyPlan()
	if out := c.run(1, with("apply", "-auto-approve")...); !strings.Contains(out, "did not publish") || !strings.Contains(out, "canary/stranger") {
		c.t.Errorf("the stranger is not refused:\n%s", out)
	}
	c.run(0, with("plan", "-out=first.plan", "-overwrite-unmanaged")...)
	c.everyShow("first.plan")
	c.run(0, with("apply", "first.plan")...)
	if out := c.run(0, with("plan", "-detailed-exitcode")...); !strings.Contains(out, "No changes.") {
		c.t.Errorf("something is left to do:\n%s", out)
	}
	c.everyPlan("-refresh=false")
	c.everyPlan("-republish=canary/#")
	c.everyPlan("-destroy")
	c.everyShow("first.plan")

	c.drift()
	c.everyPlan()
	c.everyPlan("-refresh-only")
	c.run(0, with("apply", "-refresh-only", "-auto-approve")...)
	c.everyPlan()
	c.run(0, with("plan", "-out=second.plan")...)
	c.everyShow("second.plan")
	c.live("canary/whole", planted["later"])
	c.live("canary/leaf", document(map[string]any{"open": "public now", "wifi": map[string]string{"ssid": "home", "key": planted["later"], "copy": planted["leaf"]}}))
	out := c.run(1, with("apply", "second.plan")...)
	if !strings.Contains(out, "2 topics changed since the plan was made") || !strings.Contains(out, `"ssid":"hom`) {
		c.t.Errorf("no conflict, or nothing is shown of it:\n%s", out)
	}
	c.run(0, with("apply", "-auto-approve", "-json")...)

	c.others()
	c.restore()
	c.fail(secure)
	c.mistakes()

	// What is no longer declared is shown once more before it is deleted.
	c.drift()
	c.write("main.retain.hcl", "message \"last\" {\n  payload = var.whole\n}\n")
	c.everyPlan("-max-deletes=100%")
	c.run(0, with("apply", "-auto-approve", "-format=markdown", "-max-deletes=100%")...)
	c.run(0, with("destroy", "-auto-approve")...)
	c.t.Logf("%d runs, %d places (%d MB), %d canaries in %d forms: %d searches", c.steps, c.search.places, c.search.bytes>>20, len(c.search.canaries), c.search.forms(), c.search.places*c.search.forms())
}

// drift has somebody else write to the topics, secrets at other places.
func (c *canaryRun) drift() {
	c.live("canary/whole", planted["drifted"])
	secret := planted["drifted"]
	c.live("canary/short", document(map[string]any{"n": 2, "short": map[string]string{"was": secret}, "copy": planted["short"], "pins": []string{planted["pin"]}, "long": 1}))
	c.live("canary/leaf", document(map[string]any{
		"open": "changed", "wifi": map[string]string{"ssid": "home", "password": secret}, "by": secret, "note": "was " + planted["element"],
		"list": []map[string]any{{"id": 0}, {"id": 1, "pw": secret}},
	}))
	c.live("canary/object", document(map[string]any{"open": 2, "tokens": []string{secret}}))
	c.live("canary/templated", "key: "+planted["drifted"]+"\nand more\n")
	c.live("canary/bytes", planted["drifted"]+"\x00\xff")
	c.live("canary/properties", "changed", mqtt.UserProperty{Name: planted["drifted"], Value: planted["drifted"]})
	c.live("canary/ordered", "changed "+planted["ordered"])
}

func document(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// restore has a backup published back, beside secrets that no backup holds.
func (c *canaryRun) restore() {
	c.write("public.retain.hcl", "message \"public\" {\n  topic   = \"canary/public\"\n  payload = \"a\"\n}\n")
	c.run(0, with("apply", "-auto-approve")...)
	c.drift()
	c.write("public.retain.hcl", "message \"public\" {\n  topic   = \"canary/public\"\n  payload = \"b\"\n}\n")
	c.run(0, with("apply", "-auto-approve")...)
	files, err := filepath.Glob(filepath.Join(c.dir, ".retainctl/backup/*"))
	if err != nil || len(files) == 0 {
		c.t.Fatalf("no backup: %v", err)
	}
	for _, form := range [][]string{{}, {"-json"}, {"-format=json"}, {"-format=html"}} {
		c.run(-1, with(append([]string{"restore", files[len(files)-1]}, form...)...)...)
	}
	if out := c.run(0, with("restore", "-auto-approve", files[len(files)-1])...); !strings.Contains(out, "1 changed") {
		c.t.Errorf("nothing is restored:\n%s", out)
	}
}

// fail has the broker refuse.
func (c *canaryRun) fail(secure bool) {
	denied := "message \"denied\" {\n  topic   = \"canary/denied/a\"\n  payload = jsonencode({ a = var.leaf })\n  user_properties = { a = local.s.property }\n}\n"
	c.write("denied.retain.hcl", denied)
	c.run(1, with("apply", "-auto-approve")...)
	c.run(1, with("apply", "-auto-approve", "-json")...)
	c.run(-1, with("apply", "-auto-approve", "-verify=false")...)
	os.Remove(filepath.Join(c.dir, "denied.retain.hcl"))
	c.run(0, with("apply", "-auto-approve")...)
	if secure {
		c.password = planted["wrong"]
		for _, args := range [][]string{{"plan"}, {"plan", "-json"}, {"apply", "-auto-approve"}, {"apply", "-json", "-auto-approve"}} {
			if out := c.run(1, with(args...)...); !strings.Contains(strings.ToLower(out), "password") {
				c.t.Errorf("the error does not say why:\n%s", out)
			}
		}
		c.password = planted["password"]
	}
}

// mistakes are errors in expressions and arguments that hold secrets.
func (c *canaryRun) mistakes() {
	defer func(within bool) { c.within = within }(c.within)
	c.within = true
	for _, text := range []string{
		`message "e" { payload = tonumber(var.whole) }`,
		`message "e" { payload = "${var.leaf}${local.nothing}" }`,
		`message "e" { payload = local.s.missing }`,
		`message "e" { payload = local.s[var.leaf] }`,
		`message "e" { payload = { for k, v in local.s : v => v... }.x }`,
		"message \"e\" {\n  topic = \"a/${var.leaf}\"\n  payload = \"x\"\n}",
		"message \"e\" {\n  for_each = toset([var.leaf])\n  payload = \"x\"\n}",
		"message \"e\" {\n  qos = local.s.short\n  payload = \"x\"\n}",
		"message \"e\" {\n  payload = jsonencode(local.s)\n  message_expiry = local.s.long\n}",
		"message \"e\" {\n  payload_base64 = var.whole\n}",
		"message \"e\" {\n  payload = \"x\"\n  correlation_data = local.s.ordered\n}",
		"message \"e\" {\n  payload = \"x\"\n  response_topic = \"${local.s.response}/#\"\n}",
		"message \"e\" {\n  payload = \"x\"\n  content_type = \"${local.s.type}\\u0000\"\n}",
		"message \"e\" {\n  payload = jsonencode({ a = local.s.element })\n  schema = jsonencode({ properties = { a = { enum = [1, local.s.object] } } })\n}",
		"message \"e\" {\n  payload = jsonencode({ a = local.s.element })\n  schema = jsonencode({ properties = { a = { const = 1, pattern = \"^x\" } }, required = [local.s.key] })\n}",
		"message \"e\" {\n  payload = templatestring(local.s.long, { a = 1 })\n}\nmessage \"f\" {\n  payload = jsondecode(var.whole).a\n}",
		"message \"e\" {\n  payload = file(var.leaf)\n}\nmessage \"f\" {\n  payload = regex(var.leaf, \"x\")[0]\n}",
		"variable \"v\" {\n  sensitive = true\n  default   = \"" + planted["literal"] + "\"\n  validation {\n    condition     = length(var.v) < 2\n    error_message = \"No: ${var.v}.\"\n  }\n}",
		"variable \"v\" {\n  type      = number\n  sensitive = true\n  default   = \"" + planted["literal"] + "\"\n}",
		"broker \"mqtt\" \"x\" {\n  url = \"mqtt://u:" + planted["literal"] + "@h:1883\"\n}",
		"broker \"mqtt\" \"x\" {\n  url = \"nonsense://u:" + planted["literal"] + "@h:1883/${local.nothing}\"\n}",
		"broker \"mqtt\" \"x\" {\n  url      = \"mqtt://h:1883\"\n  password = \"" + planted["literal"] + "\" + 1\n}",
		"broker \"mqtt\" \"x\" {\n  url      = \"mqtt://h:1883\"\n  password = [\n    \"" + planted["literal"] + "\"\n  ]\n}",
		"broker \"mqtt\" \"x\" {\n  url   = \"mqtt://${local.s.user}:${var.password}@h:1883\"\n  token = \"" + planted["literal"] + "${local.nothing}\"\n}",
		"retainctl {\n  backend \"http\" {\n    address  = \"http://u:" + planted["literal"] + "@127.0.0.1:1/x\"\n    password = \"" + planted["literal"] + "\"\n  }\n}",
		"retainctl {\n  backend \"http\" {\n    address  = \"http://127.0.0.1:1/x\"\n    password = \"" + planted["literal"] + "\"\n    nonsense = \"" + planted["literal"] + "\"\n  }\n}",
		"message \"e\" {\n  payload = sensitive(\"" + planted["literal"] + "\") + 1\n}",
		"message \"e\" {\n  sensitive = true\n  payload = \"" + planted["literal"] + "\"\n  qos = 9\n}",
		"message \"e\" {\n  sensitive = true\n  payload = \"" + planted["literal"] + "\n}",
	} {
		c.write("broken.retain.hcl", text+"\n")
		for _, args := range [][]string{{"validate"}, {"validate", "-json"}, {"plan"}, {"plan", "-json"}} {
			c.run(-1, with(args...)...)
		}
	}
	os.Remove(filepath.Join(c.dir, "broken.retain.hcl"))
	for _, args := range [][]string{
		{"plan", "-var", "nothing=" + planted["argument"]}, {"plan", "-var", "whole"}, {"plan", "-var-file=given.hcl", "-var", "s=" + planted["argument"]},
		{"plan", "-var-file=secret.bin"}, {"apply", "first.plan"}, {"apply", "-expect=none", "-auto-approve"}, {"plan", "-backend-config=password=" + planted["password"]},
	} {
		c.run(1, with(args...)...)
	}
}
