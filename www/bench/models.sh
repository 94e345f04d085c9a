#!/usr/bin/env bash
# Makes the models of `make bench-models` as far as they are missing, in every form that is compared, and compares them
# natively and in Chromium. All of it lies in bench-models in cargo's target folder (11 GB). Variables:
#
#     PYTHON       has tests/parity/requirements-bench.txt
#     AGFF         the command line, which converts
#     NATIVE       the built examples/models.rs; `none` leaves the native part out
#     ONLY         models, of siglip,clip,photo,qwen-nano,qwen-slice
#     BENCH=quick  three rounds

set -euo pipefail
. "$(dirname "$0")/../../scripts/env.sh"
cd "$root"

out=$target/bench-models
only=${ONLY:-siglip,clip,photo,qwen-nano,qwen-slice}
mkdir -p "$out"

AGFF=$AGFF scripts/photo-model.sh q8
AGFF=$AGFF scripts/photo-model.sh f32
photo=$target/models/photo-f32
ln -sfn "$photo" "$out/photo-f32"
ln -sfn "$target/models/photo" "$out/photo-q8"

# All but `photo` are checkpoints with random weights.
made=$(tr , '\n' <<<"$only" | grep -vx photo | paste -sd, || true)

[ -z "$made" ] || "$PYTHON" tests/parity/bench_checkpoints.py "$out" --words "$photo/tokenizer.json" --only "$made"
"$PYTHON" tests/parity/bench_onnx.py "$out" --photo "$photo" --only "$only"
for model in ${made//,/ }; do
    for dtype in f32 q8; do
        [ -d "$out/$model-$dtype" ] ||
            "$AGFF" convert "$out/$model" --out "$out/$model-$dtype" --dtype "$dtype" --untrained
    done
done

quick=() rounds=9
if [ "${BENCH:-}" = quick ]; then
    quick=(--quick) rounds=3
fi
if [ "$NATIVE" != none ]; then
    "$PYTHON" tests/parity/bench_native.py "$out" --agff "$NATIVE" --photo "$photo" --only "$only" --rounds "$rounds"
fi
node www/bench/models.mjs --models "$out" --only "$only" "${quick[@]}"
