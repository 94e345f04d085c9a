#!/usr/bin/env bash
# The native tests. Those of the kernels wait most of the time for one thread, in which the software
# Vulkan compiles shaders; so the larger half of them runs in a process beside all the others.

set -euo pipefail
cd "$(dirname "$0")/.."

workspace=(--locked --workspace)
half=kernels::backward::
kernels=$(mktemp)
trap 'rm -f "$kernels"' EXIT

# Before the two part, so that only one of them compiles.
cargo test "${workspace[@]}" --lib --bins --tests --no-run

cargo test "${workspace[@]}" --test agff "$half" >"$kernels" 2>&1 &
beside=$!
status=0
cargo test "${workspace[@]}" --lib --bins --tests -- --skip "$half" || status=$?
wait "$beside" || status=$?
cat "$kernels"
if ! grep -qE '^running [1-9][0-9]* tests' "$kernels"; then
    echo "error: there are no tests any more under $half" >&2
    exit 1
fi
[ "$status" -eq 0 ] || exit "$status"

cargo test "${workspace[@]}" --doc
