#!/bin/sh
# install-missing.sh COMMAND=PACKAGE...: installs the packages of missing commands if
# the system's package manager may be used, and otherwise says what to install by hand.
# Whether a package starts a service is up to policy-rc.d: the tests start and stop
# their own servers.
set -eu

PATH="$PATH:/usr/sbin:/usr/local/sbin"
missing=""
for wanted in "$@"; do
	command -v "${wanted%=*}" >/dev/null || missing="$missing ${wanted#*=}"
done
[ -n "$missing" ] || exit 0

by_hand() {
	echo "the tests need:$missing; $1; install them by hand and run make again" >&2
	exit 1
}
sudo=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || by_hand "this user may not install packages"
	sudo=sudo
fi
command -v apt-get >/dev/null || by_hand "there is no apt-get here"
echo "installing for the tests:$missing"
$sudo apt-get update -qq
for package in $missing; do
	# Through env, because sudo drops the variable.
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null ||
		by_hand "apt-get cannot install $package"
done
