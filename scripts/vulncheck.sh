#!/bin/sh
# Runs govulncheck where its database can be reached, and says so where not.
set -u
out=$($1 run "$2" ./... 2>&1)
code=$?
case $out in
*"vuln.go.dev"*) echo "govulncheck: its database cannot be reached from here; not checked" ;;
*) echo "$out"; exit $code ;;
esac
