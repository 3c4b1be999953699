variable "name" {
  type        = string
  description = "The site's name, a level of its topics"
  validation {
    condition     = can(regex("^[a-z-]+$", var.name))
    error_message = "A site is named by lower-case letters and dashes."
  }
}

variable "country" {
  type = string
}

variable "rooms" {
  type        = map(number)
  description = "The setpoint of every room, in degrees Celsius"
}

locals {
  # Paths are relative to the configuration's folder; path.module is the module's own.
  languages = jsondecode(file("${path.module}/languages.json"))
}

message "index" {
  topic = "site/${var.name}"
  payload = jsonencode({
    language = lookup(local.languages, var.country, "en")
    rooms    = keys(var.rooms)
  })
  lifecycle {
    precondition {
      condition     = length(var.rooms) > 0
      error_message = "The site ${var.name} has no room."
    }
  }
}

module "room" {
  source   = "../room"
  for_each = var.rooms

  topic    = "${message.index.topic}/${each.key}/thermostat"
  setpoint = each.value
}

# Every thermostat of the site is checked, whichever block declares it.
schema "thermostat" {
  filter = "site/${var.name}/+/thermostat"
  schema = file("${path.module}/thermostat.schema.json")
}

output "index" {
  value = message.index.topic
}

output "room_topics" {
  value = [for room in module.room : room.topic]
}
