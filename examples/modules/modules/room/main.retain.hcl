variable "topic" {
  type = string
}

variable "setpoint" {
  type = number
}

message "thermostat" {
  topic        = var.topic
  content_type = "application/json"
  payload      = jsonencode({ setpoint = var.setpoint, unit = "C" })
  lifecycle {
    precondition {
      condition     = var.setpoint >= 5 && var.setpoint <= 30
      error_message = "A setpoint is from 5 to 30 degrees."
    }
  }
}

output "topic" {
  value = message.thermostat.topic
}
