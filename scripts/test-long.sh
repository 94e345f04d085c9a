#!/usr/bin/env bash
# The checks that take longer than `make test` should. Each prints its name, time and outcome; all are run,
# and the table at the end says which failed.

set -uo pipefail
. "$(dirname "$0")/env.sh"
cd "$root"
scripts/setup.sh test || exit 1

# The native tests as scripts/test-native.sh compiles them, so that nothing is compiled again.
native() {
    RUSTC_WORKSPACE_WRAPPER=clippy-driver cargo test --locked --workspace --features agff/bench "$@"
}

names=() outcomes=()
failed=0

# long NAME COMMAND…
long() {
    local name=$1 begin=$SECONDS seconds outcome=passed
    shift
    printf '\n== %s\n' "$name"
    "$@" </dev/null || { outcome=FAILED failed=1; }
    seconds=$((SECONDS - begin))
    names+=("$name")
    outcomes+=("$(printf '%s, %d min %02d s' "$outcome" $((seconds / 60)) $((seconds % 60)))")
}

# The library with fewer features than the other checks build it with.
features() {
    local features
    for features in "" cpu gpu cpu,threads all-families cpu,siglip gpu,clip; do
        cargo clippy --locked --package agff --no-default-features --features "$features" -- -D warnings ||
            return 1
    done
}

# The examples, which measure things: `make test` does not compile them.
examples() {
    native --examples --no-run && cargo clippy --locked --workspace --examples --features agff/bench -- -D warnings
}

# What must not be in the library's tree, whatever the features.
tree() {
    local features all
    for features in cpu gpu gpu,cpu,threads,autodiff; do
        all=$(cargo tree --locked --package agff --no-default-features --features "$features" \
            --edges normal --prefix none) || return 1
        ! grep -E '^(clap|resvg|parquet|indicatif|ctrlc|tiny_http|csv) ' <<<"$all" || return 1
    done
}

# The crate as it would be published is small.
package() {
    local bytes
    cargo package --locked --allow-dirty --no-verify --quiet --package agff || return 1
    bytes=$(stat -c %s "$target"/package/agff-*.crate | sort -n | tail -1)
    say "agff: $bytes bytes packed"
    [ "$bytes" -le 524288 ]
}

lint_wasm() {
    has_own_wasm_std || { say "clippy for WASM needs rustup's own standard library for it"; return 1; }
    cargo clippy --locked --package agff --lib --target wasm32-unknown-unknown \
        --no-default-features --features web,gpu,cpu,all-families,convert,bench -- -D warnings
}

# The family of tests/toy in Chromium, by an engine that knows it.
toy_page() {
    scripts/wasm.sh --toy cpu && make --no-print-directory page &&
        native --test agff toy_family &&
        (cd www/tests && npx playwright test --config toy/playwright.config.ts)
}

# The kernels on devices with the adapter's own limits too.
kernels() {
    AGFF_TEST_LONG=1 AGFF_REQUIRE_GPU=1 CUBECL_WGPU_DEFAULT_DEVICE=Cpu \
        native --test agff kernels::
}

# Every golden case in Chromium, and a search in many records.
parity() {
    AGFF_REQUIRE_GPU=1 CUBECL_WGPU_DEFAULT_DEVICE=Cpu \
        native --test agff parity:: &&
        make --no-print-directory wasm page &&
        (cd www/tests && AGFF_TEST_LONG=1 npx playwright test page/parity.spec.ts index/speed.spec.ts)
}

# Published shapes from a hub to vectors: bytes, times, memory.
shapes() {
    AGFF_TEST_LONG=1 native --test agff-cli hub_shapes:: -- --nocapture &&
        make --no-print-directory wasm page &&
        (cd www/tests && npx playwright test --project long) &&
        rm -rf "$target/shapes"
}

long features features
long examples examples
long tree tree
long package package
long lint-wasm lint_wasm
long toy-page toy_page
long kernels kernels
long parity parity
long shapes shapes

printf '\n%-14s %s\n' check outcome
for i in "${!names[@]}"; do
    printf '%-14s %s\n' "${names[$i]}" "${outcomes[$i]}"
done
exit "$failed"
