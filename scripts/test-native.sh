#!/usr/bin/env bash
# The native tests, or with --no-run only their compiling.
#
# Our own crates are compiled by Clippy's compiler, which lints what it compiles: so nothing is compiled once to be
# linted and once to be run. A warning is an error.
#
# The tests of the kernels wait most of the time for one thread, in which the software Vulkan compiles shaders; so the
# larger half of them runs in a process beside all the others.

set -euo pipefail
cd "$(dirname "$0")/.."

export RUSTC_WORKSPACE_WRAPPER=clippy-driver
# What is compiled once need not be prepared for being compiled again.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0
workspace=(--locked --workspace --features agff/bench)
half=kernels::backward::
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# linted COMMAND…: a cargo command that fails if anything warns.
linted() {
    "$@" 2>&1 | tee "$said" >&2
    # Of the code, not of a download that had to be repeated.
    if grep -qE '^warning: `.+` \(.+\) generated [0-9]+ warning' "$said"; then
        echo "error: warnings are errors here; see above" >&2
        return 1
    fi
}

linted cargo test "${workspace[@]}" --lib --bins --tests --no-run
[ "${1:-}" != --no-run ] || exit 0

cargo test "${workspace[@]}" --test agff "$half" >"$said" 2>&1 &
beside=$!
status=0
cargo test "${workspace[@]}" --lib --bins --tests -- --skip "$half" || status=$?
wait "$beside" || status=$?
cat "$said"
if ! grep -qE '^running [1-9][0-9]* tests' "$said"; then
    echo "error: there are no tests any more under $half" >&2
    exit 1
fi
[ "$status" -eq 0 ] || exit "$status"

cargo test "${workspace[@]}" --doc
