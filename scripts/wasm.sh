#!/usr/bin/env bash
# Builds the two browser engines from the crate into www/package/engines/{gpu,cpu}/. Nothing is done
# for an engine that is up to date.
#
#     scripts/wasm.sh [--bench] [gpu] [cpu]
#
# With --bench the engines can also time their parts, and lie in cargo's target folder.
# AGFF_WASM_STD=debian takes Debian's compiler even where rustup has brought the standard library.

set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$root"

variant= extra=
if [ "${1:-}" = --bench ]; then
    variant=bench- extra=,bench engines=$target/bench/engines
    shift
fi
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(gpu cpu)

build_std=()
if [ "${AGFF_WASM_STD:-}" = debian ] || ! has_own_wasm_std; then
    # Debian's rustc is another version than cargo's own, with the library as source only.
    has_debian_wasm_std || die "the WASM standard library is missing; run scripts/setup.sh demo"
    lld=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/rust-lld
    [ -x "$lld" ] || die "this Rust brings no rust-lld ($lld), which links WASM"
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$lld
    build_std=(-Zbuild-std=std,panic_abort)
fi

unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
# SIMD is in every browser since 2023. The backend is named for getrandom 0.3, which some crates use.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS='-C target-feature=+simd128 --cfg getrandom_backend="wasm_js"'
# The names stay until here, for the table of sizes; wasm-bindgen takes them out of what is shipped.
export CARGO_PROFILE_WASM_STRIP=debuginfo
export CARGO_TARGET_DIR=$wasm_target

built=$wasm_target/wasm32-unknown-unknown/wasm/agff.wasm

for engine in "${wanted[@]}"; do
    # Both engines are the same crate and cargo writes both to the same file. So each is put aside as
    # soon as it is linked: when cargo finds nothing to do, the one put aside is still right. The
    # marker says that something went wrong in between, and the next run links anew.
    named=$wasm_target/agff-$variant$engine.wasm
    marker=$wasm_target/$variant$engine.unfinished
    arguments=(--locked --target wasm32-unknown-unknown --profile wasm "${build_std[@]}")
    if [ -e "$marker" ] || [ ! -e "$named" ]; then
        [ ! -e "$built" ] || cargo clean -q -p agff --target wasm32-unknown-unknown --profile wasm
    fi
    mkdir -p "$wasm_target"
    touch "$marker"
    before=$(stat -c '%i %y' "$built" 2>/dev/null || true)
    cargo build "${arguments[@]}" --lib --no-default-features --features "web,$engine$extra"
    after=$(stat -c '%i %y' "$built")
    [ "$before" = "$after" ] || cp "$built" "$named"
    rm "$marker"

    out=$engines/$engine
    if [ ! -e "$out/agff_bg.wasm" ] || [ "$named" -nt "$out/agff_bg.wasm" ] ||
        [ "$wasm_bindgen" -nt "$out/agff_bg.wasm" ]; then
        say "making the glue of the $engine engine"
        rm -rf "$out"
        "$wasm_bindgen" --target web --no-typescript --omit-default-module-path \
            --remove-name-section --remove-producers-section --out-dir "$out" --out-name agff "$named"
    fi
done
