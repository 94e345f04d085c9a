#!/usr/bin/env bash
# Builds the browser engines from the crate into www/package/engines/{gpu,cpu,cpu-threads}/. Nothing is
# done for an engine that is up to date.
#
#     scripts/wasm.sh [--bench | --toy] [gpu] [cpu] [cpu-threads]
#
# The engine cpu-threads shares its memory between workers. Its standard library is built for that, too.
# With --bench the engines can also time their parts; with --toy they know the family of tests/toy too. Both
# lie in cargo's target folder.
# AGFF_WASM_STD=debian takes Debian's compiler even where rustup has brought the standard library.

set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$root"

variant= extra=
case "${1:-}" in
    --bench | --toy)
        name=${1#--}
        variant=$name- extra=,$name engines=$target/$name/engines
        shift
        ;;
esac
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(gpu cpu cpu-threads)

build_std=()
from_source=(-Zbuild-std=std,panic_abort)
if [ "${AGFF_WASM_STD:-}" = debian ] || ! has_own_wasm_std || ! has_std_source; then
    # Debian's rustc is another version than cargo's own, with the library as source only.
    has_debian_wasm_std || die "the WASM standard library is missing; run scripts/setup.sh demo"
    lld=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/rust-lld
    [ -x "$lld" ] || die "this Rust brings no rust-lld ($lld), which links WASM"
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$lld
    build_std=("${from_source[@]}")
fi

unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
# SIMD is in every browser since 2023. The backend is named for getrandom 0.3, which some crates use.
flags='-C target-feature=+simd128 --cfg getrandom_backend="wasm_js"'
# A memory that workers share, as large as WASM allows; the exports are what wasm-bindgen starts a thread by.
shared_flags="$flags -C target-feature=+atomics,+bulk-memory,+mutable-globals"
for argument in --shared-memory --import-memory --max-memory=4294967296 \
    --export=__wasm_init_tls --export=__tls_size --export=__tls_align --export=__tls_base; do
    shared_flags+=" -C link-arg=$argument"
done
# The linker leaves the names in, for the table of sizes; scripts/bindgen takes them out of what is shipped.
export CARGO_PROFILE_WASM_STRIP=debuginfo

mkdir -p "$wasm_target"

# Everything that an engine is made of. Cargo keeps one build of a path crate's cdylib, so it would
# link anew whenever the other engine was the last one; comparing contents here saves that.
made_of() {
    {
        "${RUSTC:-rustc}" -vV
        "$bindgen" --version
        cat Cargo.toml Cargo.lock scripts/wasm.sh
        find src shaders tests/toy -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    } | sha256sum
}

key=$(made_of)
for engine in "${wanted[@]}"; do
    # With its names, for the table of sizes.
    named=$wasm_target/agff-$variant$engine.wasm
    out=$engines/$engine
    if [ -e "$named" ] && [ "$(cat "$out/.made-of" 2>/dev/null)" = "$key" ]; then
        continue
    fi
    # A page that converts a checkpoint for its GPU takes the other engine for that.
    case "$engine" in
        gpu) features=gpu ;;
        cpu) features=cpu,convert ;;
        cpu-threads) features=cpu,convert,threads ;;
        *) die "there is no engine $engine" ;;
    esac
    folder=$wasm_target std=("${build_std[@]}") set=(RUSTFLAGS="$flags")
    if [ "$engine" = cpu-threads ]; then
        folder=$wasm_target/threads std=("${from_source[@]}") set=(RUSTFLAGS="$shared_flags" RUSTC_BOOTSTRAP=1)
    fi
    # Cargo's own variable for a target leaves build scripts alone, as these flags are not for them.
    set[0]=CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_${set[0]}
    env "${set[@]}" CARGO_TARGET_DIR="$folder" \
        cargo rustc --locked --package agff --lib --crate-type cdylib \
        --target wasm32-unknown-unknown --profile wasm "${std[@]}" \
        --no-default-features --features "web,all-families,$features$extra"
    cp "$folder/wasm32-unknown-unknown/wasm/agff.wasm" "$named"
    say "making the glue of the $engine engine"
    rm -rf "$out"
    "$bindgen" "$named" "$out"
    printf '%s\n' "$key" >"$out/.made-of"
done
