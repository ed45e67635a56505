#!/usr/bin/env bash
# Runs every benchmark, or the one that is named: make bench ARGS="callbacks --seconds 5"
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
if [ $# -gt 0 ]; then
    name=$1
    shift
    exec "$python" "benchmarks/$name.py" "$@"
fi
for program in benchmarks/*.py; do
    if grep -q '^if __name__ == "__main__":' "$program"; then
        "$python" "$program"
    fi
done
