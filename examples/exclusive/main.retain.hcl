# Ghosts: retained messages that nobody looks after any more, such as the
# configuration of a device that was taken down by hand. An exclusive block says
# that nothing but what is declared may stand within its filter.
#
#   retainctl broker &                                  # or any MQTT broker
#   mosquitto_pub -r -t site/a/thermostat/ghost/config -m '{"setpoint":99}'
#   retainctl -chdir=examples/exclusive apply           # the ghost will be destroyed

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

# Every declared thermostat has a sane setpoint, whoever declares it.
schema "thermostat" {
  filter = "site/+/thermostat/+/config"
  schema = jsonencode({
    type       = "object"
    required   = ["setpoint"]
    properties = { setpoint = { type = "number", minimum = 5, maximum = 25 } }
  })
}

# What is live, matches, and is not declared is deleted. The laboratory looks
# after its own devices.
exclusive "thermostats" {
  filter = "site/+/thermostat/+/config"
  except = ["site/lab/#"]
}

# Whatever happens to the blocks above: no message of the hospital is deleted.
# A plan that would do so fails, and ghosts there are left alone and counted.
protect "hospital" {
  filter = "site/hospital/#"
}

# Site b was handed over to another team: its messages are forgotten, not deleted,
# and the exclusive block keeps away from them.
removed {
  filter = "site/b/#"
}
