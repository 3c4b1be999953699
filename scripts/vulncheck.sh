#!/bin/sh
# Runs govulncheck, and says so if its database cannot be reached.
set -u
out=$($1 run "$2" ./... 2>&1)
code=$?
case $out in
*'Get "https://vuln.go.dev'* | *'fetching vulnerabilities: '*) echo "govulncheck: its database cannot be reached from here; not checked" ;;
*) echo "$out"; exit $code ;;
esac
