#!/usr/bin/env bash
# Bring a Debian or Ubuntu package that tests run against. Usage: debian.sh PACKAGE PROGRAM-OR-LIBRARY...
# One of the names being there already is enough.
# Installed by root; elsewhere the command to type is printed, and the tests marked with that service are skipped.
set -euo pipefail
package=$1
shift
for name in "$@"; do
  if command -v "$name" >/dev/null || [[ "$(/sbin/ldconfig -p)" == *"$name "* ]]; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null; then
  exit 0
fi
echo "$package is missing, so the tests that need it will be skipped. To run them: sudo apt-get install -y $package" >&2
[ "${CI:-}" != true ]
