#!/usr/bin/env bash
# Writes requirements.lock and requirements-test.lock from pyproject.toml: every library for Python 3.11 to 3.13
# on 64-bit Linux, each with its hashes, and no address of a registry.   Usage: config/lock.sh [--upgrade]
set -euo pipefail
cd "$(dirname "$0")/.."

tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
python3 -m venv "$tool"
"$tool/bin/pip" install --quiet --disable-pip-version-check uv==0.13.9

# compile FILE GROUP...: keeps the versions that FILE holds already, unless --upgrade is given
compile() {
    local file=$1
    shift
    "$tool/bin/uv" --quiet pip compile pyproject.toml "${@/#/--group=}" "${options[@]}" \
        --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links --no-annotate --output-file "$file"
    sed -i "1i # Written by \`make lock\` from pyproject.toml. Do not edit." "$file"
}
options=("$@")
compile requirements.lock build
options+=(--constraint requirements.lock --extra osdp --extra pdf)  # optional in a workshop, always there for the tests
compile requirements-test.lock build test
