#!/bin/sh
# Installs the servers and clients that make test talks to.
exec sh "$(dirname "$0")/install-missing.sh" mosquitto=mosquitto mosquitto_sub=mosquitto-clients aws=awscli
