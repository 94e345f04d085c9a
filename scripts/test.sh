#!/usr/bin/env bash
# Every check of the project, stage by stage, each with its time. Stops at the first that fails.

set -euo pipefail
cd "$(dirname "$0")/.."

stages=(setup-test format third-party clippy test-native wasm page size test-page test-firefox)
declare -A took
started=$SECONDS

report() {
    local status=$?
    printf '\n%-14s %s\n' stage time
    local stage
    for stage in "${stages[@]}"; do
        [ -z "${took[$stage]:-}" ] || printf '%-14s %s\n' "$stage" "${took[$stage]}"
    done
    local seconds=$((SECONDS - started))
    printf '%-14s %d min %02d s\n' together $((seconds / 60)) $((seconds % 60))
    if [ "$status" -eq 0 ]; then
        echo "all ${#stages[@]} stages passed"
    else
        echo "the stage $stage_now failed" >&2
    fi
}
trap report EXIT

for stage_now in "${stages[@]}"; do
    printf '\n== %s\n' "$stage_now"
    begin=$SECONDS
    status=0
    make --no-print-directory "$stage_now" </dev/null || status=$?
    seconds=$((SECONDS - begin))
    took[$stage_now]=$(printf '%d min %02d s' $((seconds / 60)) $((seconds % 60)))
    [ "$status" -eq 0 ] || exit "$status"
done
