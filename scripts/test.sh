#!/usr/bin/env bash
# Every check of the project, stage by stage, each with its time. Stops at the first that fails.
#
# A line of stages is run one after the other; two lines joined by `with` side by side. Only what
# compiles runs beside something else: it leaves a core idle while it links. What is tested or measured
# has the machine for itself.

set -euo pipefail
cd "$(dirname "$0")/.."

first=(setup-test format rooms third-party deny)
beside_1=(clippy build-native)
beside_2=(wasm page size)
last=(test-native test-page test-firefox)
stages=("${first[@]}" "${beside_1[@]}" "${beside_2[@]}" "${last[@]}")

times=$(mktemp -d)
started=$SECONDS
failed=

report() {
    local status=$? stage
    printf '\n%-14s %s\n' stage time
    for stage in "${stages[@]}"; do
        [ ! -e "$times/$stage" ] || printf '%-14s %s\n' "$stage" "$(cat "$times/$stage")"
    done
    local seconds=$((SECONDS - started))
    printf '%-14s %d min %02d s\n' together $((seconds / 60)) $((seconds % 60))
    if [ "$status" -eq 0 ]; then
        echo "all ${#stages[@]} stages passed"
    else
        echo "the stage $(cat "$times/.failed" 2>/dev/null || echo "$failed") failed" >&2
    fi
    rm -rf "$times"
}
trap report EXIT

# run STAGE…: one after the other.
run() {
    local stage begin seconds status
    for stage in "$@"; do
        printf '\n== %s\n' "$stage"
        begin=$SECONDS
        status=0
        make --no-print-directory "$stage" </dev/null || status=$?
        seconds=$((SECONDS - begin))
        printf '%d min %02d s\n' $((seconds / 60)) $((seconds % 60)) >"$times/$stage"
        if [ "$status" -ne 0 ]; then
            echo "$stage" >"$times/.failed"
            return "$status"
        fi
    done
}

run "${first[@]}"

# The second line's output waits, so that the two do not mix.
run "${beside_2[@]}" >"$times/.beside" 2>&1 &
beside=$!
status=0
run "${beside_1[@]}" || status=$?
if [ "$status" -ne 0 ]; then
    kill "$beside" 2>/dev/null || true
fi
wait "$beside" || status=$?
cat "$times/.beside"
[ "$status" -eq 0 ] || exit "$status"

run "${last[@]}"
