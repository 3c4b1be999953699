#!/bin/sh
# Installs the servers and clients that make test talks to, the shells that it
# completes commands in, the formatters of man pages, and jq, which the recipes for CI use.
# By its path, since a wrapper named aws may stand for a CLI that is not there.
exec sh "$(dirname "$0")/install-missing.sh" mosquitto=mosquitto mosquitto_sub=mosquitto-clients /usr/bin/aws=awscli \
	jq=jq zsh=zsh fish=fish mandoc=mandoc groff=groff-base
