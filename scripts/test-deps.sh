#!/bin/sh
# Installs the servers and clients that the tests talk to, where they are missing
# and the system's package manager may be used.
set -eu

missing=""
PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v mosquitto >/dev/null || missing="$missing mosquitto"
command -v mosquitto_sub >/dev/null || missing="$missing mosquitto-clients"
command -v aws >/dev/null || missing="$missing awscli"
[ -n "$missing" ] || exit 0

sudo=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "the tests need:$missing; install them and run make test again" >&2; exit 1; }
	sudo=sudo
fi
if ! command -v apt-get >/dev/null; then
	echo "the tests need:$missing; install them with this system's package manager and run make test again" >&2
	exit 1
fi
echo "installing for the tests:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of package names
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
