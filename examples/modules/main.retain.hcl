# Three sites of one shape: each is an instance of a module, which in turn uses another
# module for each of its rooms. There is no broker block, so the embedded broker holds
# the messages, in .retainctl/broker.db beside this file.
#
#   retainctl -chdir=examples/modules apply
#   retainctl -chdir=examples/modules output

variable "max_rooms" {
  type        = number
  default     = 10
  description = "What the heating was sized for"
}

locals {
  sites = {
    berlin = { country = "de", rooms = { lobby = 19, server-room = 16 } }
    lyon   = { country = "fr", rooms = { lobby = 20, office = 21, kitchen = 20 } }
    porto  = { country = "pt", rooms = { lobby = 21 } }
  }
}

module "site" {
  source   = "./modules/site"
  for_each = local.sites

  name    = each.key
  country = each.value.country
  rooms   = each.value.rooms
}

# The directory of all sites is published after them, and deleted before them.
message "directory" {
  topic      = "sites"
  payload    = jsonencode({ for name, site in module.site : name => site.index })
  depends_on = [module.site]
}

output "room_topics" {
  description = "The topic of every room, by site"
  value       = { for name, site in module.site : name => site.room_topics }
}

check "sized" {
  assert {
    condition     = length(flatten(values(module.site)[*].room_topics)) <= var.max_rooms
    error_message = "There are more rooms than the heating was sized for (${var.max_rooms})."
  }
}
