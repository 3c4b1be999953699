# The retained messages of a small house. There is no broker block, so the embedded
# broker holds them, in .retainctl/broker.db beside this file.
#
#   retainctl -chdir=examples/quickstart apply

locals {
  rooms = {
    attic   = { setpoint = 17, window = "roof" }
    kitchen = { setpoint = 20, window = "garden" }
  }
}

message "thermostat" {
  for_each     = local.rooms
  topic        = "house/${each.key}/thermostat/config"
  content_type = "application/json"
  payload = jsonencode({
    setpoint = each.value.setpoint
    unit     = "C"
    window   = each.value.window
  })
}

message "house/motd" {
  payload = "Welcome home\n"
}
