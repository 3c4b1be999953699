# A fleet of 500 devices on AWS IoT Core: a table and one block. Rehearse it on
# the embedded broker's AWS endpoint before it touches the account:
#
#   retainctl broker -aws=127.0.0.1:8083 &
#   AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test retainctl -chdir=examples/aws-fleet apply
#
# For the account itself leave out the endpoint, with -var 'endpoint=' : AWS is then
# asked for it.

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "endpoint" {
  type        = string
  default     = "http://127.0.0.1:8083"
  description = "The data plane to publish to; empty asks AWS for the account's own"
}

variable "site" {
  type        = string
  default     = "a"
  description = "Which site's devices to configure"
  validation {
    condition     = can(regex("^[a-z]+$", var.site))
    error_message = "A site is named by lower-case letters."
  }
}

variable "report_interval" {
  type        = map(number)
  default     = { thermostat = 60, meter = 900 }
  description = "Seconds between reports, by model"
}

retainctl {
  required_version = ">= 0.1.0"
  max_deletes      = "10%"
}

broker "aws_iot" "prod" {
  region   = var.region
  endpoint = var.endpoint == "" ? null : var.endpoint
}

locals {
  devices = csvdecode(file("devices.csv"))
}

message "device" {
  for_each     = { for d in local.devices : d.id => d }
  topic        = "site/${var.site}/${each.value.model}/${each.key}/config"
  qos          = 1
  content_type = "application/json"
  payload = jsonencode({
    interval_s = var.report_interval[each.value.model]
    room       = each.value.room
    firmware   = each.value.firmware
    setpoint   = each.value.model == "thermostat" ? tonumber(each.value.setpoint) : null
  })
  payload_format_indicator = "UTF8_DATA"
  user_properties = {
    site  = var.site
    model = each.value.model
  }
}

message "model" {
  for_each = var.report_interval
  topic    = "site/${var.site}/defaults/${each.key}"
  payload  = jsonencode({ interval_s = each.value })
}
