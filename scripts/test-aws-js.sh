#!/bin/sh
# Tests the AWS endpoint of "retainctl broker" with the AWS SDK for JavaScript. Needs node 20 and
# npm, which fetches the SDK once.
set -eu

go="$1"
cd "$(dirname "$0")/.."
for tool in node npm; do
	command -v "$tool" >/dev/null || { echo "this test needs $tool: install nodejs and npm" >&2; exit 1; }
done
bin="$(mktemp -d)"
trap 'rm -rf "$bin"' EXIT
"$go" build -o "$bin/retainctl" .
cd contract/aws-js
npm ci --ignore-scripts --no-audit --no-fund --silent
RETAINCTL="$bin/retainctl" npm test --silent
