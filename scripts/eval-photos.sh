#!/usr/bin/env bash
# Measures the model `photo` and writes docs/photos.md. Debian's packages of pictures are fetched and unpacked under
# cargo's target folder and never installed; they are GPL, and nothing of them comes into the repository.
# AGFF names a command line that is built already, WHEELS a folder with the model's two files, GROCERIES a tar file
# of photos of groceries (docs/data.md), and TEACHERS another one, by whose photos words are taught.

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

# unpacked VARIABLE NAME FILE: what a tar file has, under that name; the folder with FILE in it.
unpacked() {
    local tar=${!1} folder=$work/$2 found
    rm -rf "$folder"
    mkdir -p "$folder"
    tar -xf "$tar" -C "$folder" || die "$1=$tar could not be unpacked"
    found=$(find "$folder" -name "$3" -print -quit)
    [ -n "$found" ] || die "$1=$tar has no $3"
    dirname "$found"
}

groceries=()
if [ -n "${GROCERIES:-}" ]; then
    folder=$(unpacked GROCERIES groceries choice.jsonl)
    groceries+=(--groceries "$folder")
fi
if [ -n "${TEACHERS:-}" ]; then
    folder=$(unpacked TEACHERS teachers pairs.jsonl)
    groceries+=(--teachers "$folder")
fi

# All crates, so that their features are those of the tests and nothing is compiled twice.
cargo build --quiet --locked --workspace --features agff/bench --bins --example photos
export AGFF=$target/debug/agff
for dtype in q8 f16 f32; do
    scripts/photo-model.sh "$dtype"
done

"$target/debug/examples/photos" --debian "$work/debian" --versions "$versions" --models "$target/models" \
    --agff "$AGFF" --out "$work" "${groceries[@]}" "$@"
