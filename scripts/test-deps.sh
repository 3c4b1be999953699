#!/bin/sh
# Installs the servers and clients that the tests talk to, where they are missing
# and the system's package manager may be used.
set -eu

PATH="$PATH:/usr/sbin:/usr/local/sbin"
missing=""
command -v mosquitto >/dev/null || missing="$missing mosquitto"
command -v mosquitto_sub >/dev/null || missing="$missing mosquitto-clients"
command -v aws >/dev/null || missing="$missing awscli"
[ -n "$missing" ] || exit 0

by_hand() {
	echo "the tests need:$missing; $1; install them by hand and run make test again" >&2
	exit 1
}
sudo=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || by_hand "this user may install nothing"
	sudo=sudo
fi
command -v apt-get >/dev/null || by_hand "there is no apt-get here"
echo "installing for the tests:$missing"
$sudo apt-get update -qq
for package in $missing; do
	# Through env, since sudo drops the variable.
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null ||
		by_hand "apt-get cannot install $package"
done
