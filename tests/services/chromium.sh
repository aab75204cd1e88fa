#!/usr/bin/env bash
# Bring Chromium for the tests marked service("chromium"): installed by root on Debian and Ubuntu, asked for elsewhere.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null && exit 0; done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
  exit 0
fi
echo "chromium is missing, so the tests of the live page will be skipped. To run them: sudo apt-get install -y chromium" >&2
[ "${CI:-}" != true ]
