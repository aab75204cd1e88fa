#!/usr/bin/env bash
# Make a virtual environment with the newest supported Python. Usage: venv.sh FOLDER
set -euo pipefail
folder=$1

supported() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
python=""
for candidate in python3 python3.13 python3.12 python3.11; do
  if supported "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
  echo "autoscaler needs Python 3.11 or newer; on Debian 12 or Ubuntu 24.04: apt-get install python3 python3-venv" >&2
  exit 2
fi

# Debian and Ubuntu ship Python without ensurepip; the package that brings it is python3-venv.
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$("$python" -c \
      'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >/dev/null
  else
    echo "Python's venv module is missing. Type: sudo apt-get install -y python3-venv, then run make again" >&2
    exit 2
  fi
fi
"$python" -m venv "$folder"
