#!/bin/sh
# Installs the servers and clients that make test talks to, the shells that it completes commands
# in, the formatters of man pages, and jq, which the recipes for CI use. aws is checked by its path,
# because a wrapper of that name may exist without the CLI.
exec sh "$(dirname "$0")/install-missing.sh" mosquitto=mosquitto mosquitto_sub=mosquitto-clients /usr/bin/aws=awscli \
	jq=jq zsh=zsh fish=fish mandoc=mandoc groff=groff-base
