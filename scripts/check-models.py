"""Compares published checkpoints in agff with the same in `transformers`. Needs a network, and downloads them.

    python scripts/check-models.py agff PHOTO [NAME …]

`agff` is the program to run. For each model: the cosine of a photo's vector and of some texts' vectors, as f32 and q8.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from PIL import Image, ImageOps
from transformers import AutoModel, AutoProcessor, AutoTokenizer

MODELS = [
    "google/siglip2-base-patch16-224", "google/siglip-base-patch16-224", "google/siglip2-so400m-patch14-384",
    "openai/clip-vit-base-patch32", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M",
    "sentence-transformers/all-MiniLM-L6-v2",
]
TEXTS = [
    "a dog", "A PHOTO of the Red MUG, left of it a laptop!", "two  blanks", "Le garçon a mangé une crème brûlée",
    "红色的杯子", "the quick brown fox jumps over the lazy dog near the old stone bridge " * 8,
]


def reference(name: str, photo: Path) -> list[list[float]]:
    """Vectors of the photo, if the model has pictures, and of all texts."""
    model = AutoModel.from_pretrained(name).eval()
    vectors = []
    with torch.no_grad():
        if hasattr(model, "get_image_features"):
            processor = AutoProcessor.from_pretrained(name)
            image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
            states = model.get_image_features(**processor(images=image, return_tensors="pt"))
            vectors.append(getattr(states, "pooler_output", states)[0])
            length = model.config.text_config.max_position_embeddings
            for text in TEXTS:
                # SigLIP was trained on texts of full length in lower case.
                text = text.lower() if model.config.model_type == "siglip" else text
                inputs = processor(text=[text], padding="max_length", max_length=length, truncation=True, return_tensors="pt")
                states = model.get_text_features(**{key: inputs[key] for key in ("input_ids",)})
                vectors.append(getattr(states, "pooler_output", states)[0])
        else:
            tokenizer = AutoTokenizer.from_pretrained(name)
            for text in TEXTS:
                inputs = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
                vectors.append(model(**inputs).last_hidden_state[0].mean(0))
    return [(vector / vector.norm()).tolist() for vector in vectors]


def ours(agff: str, name: str, dtype: str, inputs: list[str], scratch: Path) -> list[list[float]]:
    package = scratch / dtype
    subprocess.run([agff, "convert", name, "--out", package, "--dtype", dtype], check=True, stdout=subprocess.DEVNULL)
    texts = [argument for text in TEXTS for argument in ("--text", text)]
    out = subprocess.run(
        [agff, "embed", "--json", "--device", "cpu", "--model", package, *inputs, *texts],
        check=True, capture_output=True, text=True,
    ).stdout
    return [json.loads(line)["embeddings"][0] for line in out.splitlines()]


def main() -> None:
    agff, photo, *names = sys.argv[1:]
    failed = False
    print(f"{'model':45} {'f32, worst':>12} {'q8, worst':>12}")
    for name in names or os.environ.get("MODELS", "").split() or MODELS:
        expected = reference(name, Path(photo))
        inputs = [photo] if len(expected) > len(TEXTS) else []
        worst = []
        with tempfile.TemporaryDirectory() as scratch:
            for dtype in ("f32", "q8"):
                found = ours(agff, name, dtype, inputs, Path(scratch))
                assert len(found) == len(expected), f"{len(found)} vectors, {len(expected)} expected"
                worst.append(min(sum(a * b for a, b in zip(x, y)) for x, y in zip(found, expected)))
        failed |= worst[0] < 0.9999 or worst[1] < 0.99
        print(f"{name:45} {worst[0]:12.6f} {worst[1]:12.6f}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
