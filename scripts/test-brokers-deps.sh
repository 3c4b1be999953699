#!/bin/sh
# Installs the brokers that make test-brokers starts, where they are missing and
# the system's package manager may be used. Whether a package starts its service
# is the matter of policy-rc.d: the tests do not use it, and it is not in their way.
set -eu

cd "$(dirname "$0")/.."
sh scripts/test-deps.sh
PATH="$PATH:/usr/sbin:/usr/local/sbin"
missing=""
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing="$missing rabbitmq-server"
command -v ejabberdctl >/dev/null || missing="$missing ejabberd"
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"

by_hand() {
	echo "make test-brokers needs:$missing; $1; install them by hand and run it again" >&2
	exit 1
}
if [ -n "$missing" ]; then
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
fi

# Both are pinned: aedes-cli takes any aedes 1.
have=$(sed -n 's/^ *"version": "\([^"]*\)".*/\1/p' contract/.cache/node_modules/aedes/package.json 2>/dev/null || true)
if [ "$have" != 1.2.0 ]; then
	echo "installing for the tests: aedes"
	npm install --silent --no-audit --no-fund --no-save --prefix contract/.cache aedes-cli@1.0.2 aedes@1.2.0 >/dev/null
fi
