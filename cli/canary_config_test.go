package cli_test

import "strings"

// planted holds the secret values by the field that they are planted in. They are unlike anything that
// the program prints, and no two share a part.
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
	"unmanaged":   "unmanaged-za1 of the live message",
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
message "unmanaged" {
  topic   = "canary/unmanaged"
  payload = jsonencode({ a = 1, b = var.leaf })
}
`

// canaryProperties declares MQTT 5 properties. AWS IoT takes them, but cannot read all of them back.
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

// canaryOutputs declares outputs of secrets.
const canaryOutputs = `
output "whole" {
  value     = var.whole
  sensitive = true
}
output "parts" {
  value     = { open = 1, list = [local.s.element, local.s.key], names = { (local.s.key) = { (local.s.object) = 1 } } }
  sensitive = true
}
output "public" {
  value = "public"
}
`

// canaryExpressions are expressions for the console that contain secrets; some of them fail.
var canaryExpressions = []string{
	"var.whole", "var.s", "local.s", "[1, local.s.long]", "{ a = local.s.element, b = { c = var.leaf } }", "message.leaf", "message.leaf.payload", "message.properties.user_properties",
	"jsonencode(local.s)", "yamlencode(var.s)", "{ (var.leaf) = 1 }", "toset([var.leaf])", "var.leaf + 1", "tonumber(var.whole)", "local.s[var.leaf]", "local.s.nothing", "regex(var.leaf, 1)", "var.s[*]",
	"[for k, v in var.s : v]", "upper(local.s.object)", "base64encode(var.whole)", "sha256(var.leaf)", "type(var.s)", "type({ (local.s.key) = 1 })", "type([{ (var.leaf) = 1 }])", "type(tolist([{ (var.leaf) = 1 }]))", "type(tomap({ a = { (var.leaf) = 1 } }))", "{ (var.leaf) = 1 }.x", "templatefile(\"secret.tpl\", { secret = var.leaf })", "file(var.leaf)", "message[var.leaf]", "\"${var.leaf}${local.nothing}\"",
}

// canaryMistakes are errors in expressions and arguments that hold secrets.
var canaryMistakes = []string{
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
	"message \"e\" {\n  payload = jsonencode({ a = { (local.s.key) = 1 } })\n  schema = jsonencode({ properties = { a = { additionalProperties = { type = \"string\" } } } })\n}",
	"broker \"mqtt\" \"x\" {\n  url         = \"mqtts://h:1883\"\n  ca_file     = var.leaf\n  cert_file   = var.leaf\n  server_name = var.leaf\n  alpn        = [var.leaf]\n  client_id   = var.leaf\n}",
	"broker \"aws_iot\" \"x\" {\n  region   = var.leaf\n  profile  = var.leaf\n  role_arn = var.leaf\n}",
	"retainctl {\n  max_deletes = var.leaf\n  backend \"s3\" {\n    bucket      = \"b\"\n    key         = \"k\"\n    external_id = var.leaf\n    role_arn    = var.leaf\n  }\n}",
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
}

const (
	canaryDenied = `
message "denied" {
  topic           = "canary/denied/a"
  payload         = jsonencode({ a = var.leaf })
  user_properties = { a = local.s.property }
}
`
	canaryPublic = `
message "public" {
  topic   = "canary/public"
  payload = "a"
}
`
	canaryLast = `
message "last" {
  payload = var.whole
}
`
)
