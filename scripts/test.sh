#!/usr/bin/env bash
# Every check of the project, stage by stage, each with its time. Stops at the first that fails.
#
# The stages of a list run one after the other, and the lists beside_1 and beside_2 side by side: what
# compiles leaves a core idle while it links. What is tested or measured has the machine for itself.

set -euo pipefail
cd "$(dirname "$0")/.."

first=(setup-test format cycles third-party deny)
beside_1=(build-native photo-model)
beside_2=(wasm)
last=(page size test-native test-page test-firefox)
stages=("${first[@]}" "${beside_1[@]}" "${beside_2[@]}" "${last[@]}")

times=$(mktemp -d)
started=$SECONDS

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
        echo "the stage $(cat "$times/.failed" 2>/dev/null) failed" >&2
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
# A group of its own, to be ended with everything that it started.
set -m
run "${beside_2[@]}" >"$times/.beside" 2>&1 &
beside=$!
set +m
status=0
run "${beside_1[@]}" || status=$?
if [ "$status" -ne 0 ]; then
    kill -- -"$beside" 2>/dev/null || true
fi
wait "$beside" || status=$?
cat "$times/.beside"
[ "$status" -eq 0 ] || exit "$status"

run "${last[@]}"
