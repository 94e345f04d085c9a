# Names that the other scripts share; to be sourced. Everything that is built or fetched lies under
# cargo's target folder, so that `cargo clean` and `rm -r www/node_modules` leave nothing behind.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
tools=${AGFF_TOOLS:-$target/tools}
wasm_target=${AGFF_WASM_TARGET:-$target/wasm}
engines=$root/www/package/engines

# The glue's format changes with every release, so the tool must be the library's own version.
wasm_bindgen_version=$(sed -n 's/^wasm-bindgen = { version = "=\([^"]*\)".*/\1/p' "$root/Cargo.toml")
bindgen=$tools/bin/agff-bindgen

export PATH="$HOME/.cargo/bin:$PATH"
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# Whether `rustc` itself brings the standard library for WASM.
has_own_wasm_std() {
    compgen -G "$(rustc --print target-libdir --target wasm32-unknown-unknown)/libcore-*.rlib" >/dev/null
}

# Whether the source of `rustc`'s own standard library is there: an engine of several threads has one of its own.
has_std_source() {
    [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]
}

# Whether Debian's rustc with the source of its standard library is there.
has_debian_wasm_std() {
    [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ]
}
