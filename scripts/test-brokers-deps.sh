#!/bin/sh
# Installs the brokers that make test-brokers starts.
set -eu
cd "$(dirname "$0")/.."
sh scripts/test-deps.sh
sh scripts/install-missing.sh /usr/lib/rabbitmq/bin/rabbitmq-server=rabbitmq-server ejabberdctl=ejabberd node=nodejs npm=npm

# Both are pinned, because aedes-cli accepts any aedes 1.
have=$(sed -n 's/^ *"version": "\([^"]*\)".*/\1/p' contract/.cache/node_modules/aedes/package.json 2>/dev/null || true)
if [ "$have" != 1.2.0 ]; then
	echo "installing for the tests: aedes"
	npm install --silent --no-audit --no-fund --no-save --prefix contract/.cache aedes-cli@1.0.2 aedes@1.2.0 >/dev/null
fi
