#!/usr/bin/env bash
# Measures the model `photo` and writes docs/photos.md. Debian's packages of pictures are fetched and unpacked under
# cargo's target folder and never installed; they are GPL, and nothing of them comes into the repository.
# AGFF names a command line that is built already, WHEELS a folder with the model's two files, GROCERIES a tar file
# of photos of groceries (docs/data.md).

set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$root"

work=$target/eval-photos
mkdir -p "$work/debs"
packages=(tuxpaint-stamps-default mate-backgrounds)

command -v dpkg-deb >/dev/null || die "this needs Debian's apt-get and dpkg-deb"
versions=
for package in "${packages[@]}"; do
    if ! compgen -G "$work/debs/${package}_*.deb" >/dev/null; then
        say "downloading $package"
        (cd "$work/debs" && apt-get download -qq "$package") ||
            die "$package could not be downloaded; apt-get update may help"
    fi
    deb=$(compgen -G "$work/debs/${package}_*.deb" | sort | tail -n 1)
    version=$(dpkg-deb -f "$deb" Version)
    [ -e "$work/debian/.$package-$version" ] || dpkg-deb -x "$deb" "$work/debian"
    touch "$work/debian/.$package-$version"
    versions+="${versions:+ and }$package $version"
done
say "$versions"

groceries=()
if [ -n "${GROCERIES:-}" ]; then
    rm -rf "$work/groceries"
    mkdir -p "$work/groceries"
    tar -xf "$GROCERIES" -C "$work/groceries" || die "GROCERIES=$GROCERIES could not be unpacked"
    choice=$(find "$work/groceries" -name choice.jsonl -print -quit)
    [ -n "$choice" ] || die "GROCERIES=$GROCERIES has no choice.jsonl"
    groceries=(--groceries "$(dirname "$choice")")
fi

# All crates, so that their features are those of the tests and nothing is compiled twice.
cargo build --quiet --locked --workspace --features agff/bench --bins --example photos
export AGFF=$target/debug/agff
for dtype in q8 f16 f32; do
    scripts/photo-model.sh "$dtype"
done

"$target/debug/examples/photos" --debian "$work/debian" --versions "$versions" --models "$target/models" \
    --agff "$AGFF" --out "$work" "${groceries[@]}" "$@"
