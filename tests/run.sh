#!/usr/bin/env bash
# Everything: lint, types, imports, then every test, beside a PostgreSQL of its own.
# Arguments go to pytest: make test ARGS="tests/store -k receipts"
set -euo pipefail
cd "$(dirname "$0")/.."
bin="$PWD/.venv/bin"

# What is missing is installed where that is possible, and named where it is not.
install() {
  echo "Installing $* ..."
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    root=(sudo -n)
    command -v sudo >/dev/null || give_up "$@"
  fi
  command -v apt-get >/dev/null || give_up "$@"
  # The package would start a server of its own; the tests start theirs.
  { "${root[@]}" apt-get -qq update &&
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null; } ||
    give_up "$@"
}

give_up() {
  echo "These tests need $*, and they could not be installed here. Install them, then run again." >&2
  exit 1
}

missing=()
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
[ -x /usr/bin/chromium ] || missing+=(chromium)
command -v redis-server >/dev/null || missing+=(redis-server)
[ ${#missing[@]} -eq 0 ] || install "${missing[@]}"

if [ $# -eq 0 ]; then
  "$bin/ruff" check .
  "$bin/ruff" format --check .
  "$bin/lint-imports" --no-logo
  "$bin/pyright"
fi

export PYTHONPATH="$PWD/tests"
exec "$bin/python" -m harness.postgres "$bin/pytest" -n 2 --dist worksteal -m "not prove" "$@"
