# Home Assistant's MQTT discovery: a retained message announces an entity, and an
# empty one removes it. Keys are abbreviated as by the integrations that publish
# such messages ("stat_t" is state_topic), and "~" is the base topic. Jinja's {{ }}
# needs no escaping in HCL.
#
#   retainctl broker &                                  # or any MQTT broker
#   retainctl -chdir=examples/home-assistant apply

variable "broker" {
  type        = string
  default     = "mqtt://127.0.0.1:1883"
  description = "URL of the broker that Home Assistant is connected to"
}

broker "mqtt" "house" {
  url = var.broker
}

locals {
  origin = { name = "retainctl", url = "https://github.com/retainctl/retainctl" }
  boiler = {
    ids  = ["boiler1"]
    name = "Boiler"
    mf   = "Vaillant"
    mdl  = "ecoTEC plus"
    sa   = "Utility room"
  }
  availability = [{ t = "~/status", pl_avail = "online", pl_not_avail = "offline" }]

  # Temperatures and pressures of the boiler, all of one shape.
  sensors = {
    boiler_flow     = { name = "Flow", class = "temperature", unit = "°C", field = "flow" }
    boiler_return   = { name = "Return", class = "temperature", unit = "°C", field = "return" }
    boiler_tank     = { name = "Tank", class = "temperature", unit = "°C", field = "tank" }
    boiler_pressure = { name = "Pressure", class = "pressure", unit = "bar", field = "pressure" }
  }

  # Roller shutters: a table of what differs.
  shutters = csvdecode(file("shutters.csv"))
}

message "sensor" {
  for_each     = local.sensors
  topic        = "homeassistant/sensor/${each.key}/config"
  content_type = "application/json"
  payload = jsonencode({
    "~"          = "heat/boiler"
    name         = each.value.name
    uniq_id      = each.key
    stat_t       = "~/state"
    val_tpl      = "{{ value_json.${each.value.field} | round(1) }}"
    dev_cla      = each.value.class
    stat_cla     = "measurement"
    unit_of_meas = each.value.unit
    avty         = local.availability
    dev          = local.boiler
    o            = local.origin
  })
}

message "burner" {
  topic        = "homeassistant/binary_sensor/boiler_burner/config"
  content_type = "application/json"
  payload = jsonencode({
    "~"     = "heat/boiler"
    name    = "Burner"
    uniq_id = "boiler_burner"
    stat_t  = "~/state"
    val_tpl = "{{ 'ON' if value_json.burner else 'OFF' }}"
    dev_cla = "running"
    avty    = local.availability
    dev     = local.boiler
    o       = local.origin
  })
}

message "heating" {
  topic        = "homeassistant/climate/boiler_heating/config"
  content_type = "application/json"
  payload = jsonencode({
    "~"           = "heat/boiler"
    name          = "Heating"
    uniq_id       = "boiler_heating"
    modes         = ["off", "heat", "auto"]
    mode_stat_t   = "~/mode"
    mode_cmd_t    = "~/mode/set"
    temp_stat_t   = "~/setpoint"
    temp_cmd_t    = "~/setpoint/set"
    curr_temp_t   = "~/state"
    curr_temp_tpl = "{{ value_json.room }}"
    min_temp      = 5
    max_temp      = 25
    temp_step     = 0.5
    avty          = local.availability
    dev           = local.boiler
    o             = local.origin
  })
}

message "shutter" {
  for_each     = { for s in local.shutters : s.id => s }
  topic        = "homeassistant/cover/${each.key}/config"
  content_type = "application/json"
  payload = jsonencode({
    "~"       = "shutters/${each.key}"
    name      = null
    uniq_id   = each.key
    cmd_t     = "~/set"
    pos_t     = "~/position"
    set_pos_t = "~/position/set"
    dev_cla   = "shutter"
    dev       = { ids = [each.key], name = each.value.name, sa = each.value.room }
    o         = local.origin
  })
}

# Device discovery, since 2024.11: one message for a device with its components.
message "kitchen" {
  topic        = "homeassistant/device/ea334450945afc/config"
  qos          = 2
  content_type = "application/json"
  payload      = file("kitchen.json")
}
