broker "embedded" "store" {
  path = "../served.db"
}
locals {
  devices = csvdecode(file("devices.csv"))
}
message "device" {
  for_each        = { for d in local.devices : d.id => d }
  topic           = "site/${each.value.site}/${each.value.model}/${each.key}/config"
  payload         = templatefile("${each.value.model}.tftpl", each.value)
  content_type    = "application/json"
  user_properties = { model = each.value.model, firmware = each.value.firmware }
}
