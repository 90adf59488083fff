#!/usr/bin/env bash
# Runs every check. A failed lint does not keep the tests from running; pytest's summary is the last thing
# printed and names what failed before it.   Usage: config/check.sh [pytest arguments]
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
# Four processes of pytest and the programs they start would each compile all of it anew where this is set.
unset PYTHONDONTWRITEBYTECODE

failed=""
check() {
    local name=$1
    shift
    printf '%s\n' "── $name"
    "$@" || failed="$failed, $name"
}
check "ruff check" ruff check --quiet .
check "ruff format" ruff format --quiet --diff .
check "mypy" mypy
check "lint-imports" lint-imports --no-logo

printf '%s\n' "── pytest"
# More processes than two cores, for most tests wait for something: four take 1.7 GB with all they start, three 1.3 GB. A
# file's tests in one of them: what a module shares it shares still.
processes=3
[ "$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)" -ge 3000 ] && processes=4
INDIVIS_FAILED_CHECKS=${failed#, } pytest -n "$processes" --dist loadfile --no-loadscope-reorder "$@"
status=$?
[ "$status" -eq 0 ] && [ -n "$failed" ] && status=1
exit "$status"
