# Leftovers: retained messages that nobody looks after any more, such as the
# configuration of a device that was removed by hand. An exclusive block says that
# only declared messages may exist within its filter.
#
#   retainctl broker &                                  # or any MQTT broker
#   mosquitto_pub -r -t site/a/thermostat/ghost/config -m '{"setpoint":99}'
#   retainctl -chdir=examples/exclusive apply           # the leftover will be destroyed

variable "broker" {
  type        = string
  default     = "mqtt://127.0.0.1:1883"
  description = "URL of the broker that the devices are connected to"
}

broker "mqtt" "site" {
  url = var.broker
}

locals {
  setpoints = {
    attic   = 17
    kitchen = 20
    office  = 21
  }
}

message "thermostat" {
  for_each     = local.setpoints
  topic        = "site/a/thermostat/${each.key}/config"
  content_type = "application/json"
  payload      = jsonencode({ setpoint = each.value, unit = "C" })
}

# Every declared thermostat must have a sensible setpoint.
schema "thermostat" {
  filter = "site/+/thermostat/+/config"
  schema = jsonencode({
    type       = "object"
    required   = ["setpoint"]
    properties = { setpoint = { type = "number", minimum = 5, maximum = 25 } }
  })
}

# A live message that matches and is not declared is deleted. The laboratory manages
# its own devices.
exclusive "thermostats" {
  filter = "site/+/thermostat/+/config"
  except = ["site/lab/#"]
}

# Whatever happens to the blocks above, no message of the hospital is deleted. A plan
# that would do so fails, and untracked messages there are left alone and counted.
protect "hospital" {
  filter = "site/hospital/#"
}

# Site b was handed over to another team: its messages are forgotten, not deleted,
# and the exclusive block does not apply to them.
removed {
  filter = "site/b/#"
}
