"""Weights without a checkpoint: every value is a hash of its tensor's name and its index.

The rule is stated in README.md ("Weights"); the Rust side computes the same bits from it.
Run this file to print the test vectors that README.md and weights.json show.
"""

import json
import math
from pathlib import Path

import numpy as np

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15


def name_hash(text: str) -> int:
    """FNV-1a, 64 bits, over the UTF-8 bytes."""
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    return h


def uniform(seed: str, name: str, count: int) -> np.ndarray:
    """`count` values in [0, 1), multiples of 2^-24, as f32."""
    h = name_hash(f"{seed}/{name}")
    with np.errstate(over="ignore"):
        z = np.uint64(h) + np.arange(count, dtype=np.uint64) * np.uint64(STEP)
        z ^= z >> np.uint64(30)
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)


def spread(name: str, shape, gain: float) -> tuple[float, float]:
    """Mean and standard deviation of a tensor's values, by its name and rank."""
    if name.endswith(".bias"):
        return 0.0, 0.05
    if len(shape) == 1:  # the scales of LayerNorm and RMSNorm
        return 1.0, 0.1
    if name.endswith("embed_tokens.weight"):
        return 0.0, 0.25
    if name.endswith("pos_embed.weight"):
        return 0.0, 0.5
    return 0.0, gain / math.sqrt(math.prod(shape[1:]))


def tensor(seed: str, name: str, shape, gain: float = 1.0) -> np.ndarray:
    """The tensor `name`, f32. `name` is the official checkpoint's name, however it is stored."""
    mean, std = spread(name, shape, gain)
    factor = np.float32(2.0 * math.sqrt(3.0) * std)
    value = (uniform(seed, name, math.prod(shape)) - np.float32(0.5)) * factor
    if mean:
        value = value + np.float32(mean)
    return value.reshape(shape)


def bfloat16(value: np.float32) -> int:
    """The bits of a finite value rounded to bfloat16, ties to even."""
    bits = int(value.view(np.uint32))
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


VECTORS = [
    ("small", "model.language_model.embed_tokens.weight", [576, 64], 1.0),
    ("small", "model.language_model.norm.weight", [64], 1.0),
    ("small", "model.visual.blocks.0.attn.qkv.bias", [192], 1.0),
    ("small", "model.visual.patch_embed.proj.weight", [64, 3, 2, 16, 16], 1.0),
    ("small", "model.visual.pos_embed.weight", [16, 64], 1.0),
    ("other", "model.language_model.layers.1.mlp.down_proj.weight", [96, 160], 1.5),
]


def vectors() -> list[dict]:
    """Test vectors: the hash of the name, and values at a few flat indices with their bits."""
    rows = []
    for seed, name, shape, gain in VECTORS:
        flat = tensor(seed, name, shape, gain).reshape(-1)
        at = [0, 1, 2, len(flat) // 2, len(flat) - 1]
        rows.append({
            "seed": seed, "name": name, "shape": shape, "gain": gain,
            "hash": f"{name_hash(f'{seed}/{name}'):016x}",
            "factor_bits": f"{np.float32(2.0 * math.sqrt(3.0) * spread(name, shape, gain)[1]).view(np.uint32):08x}",
            "index": at,
            "value": [float(flat[i]) for i in at],
            "bits": [f"{flat[i].view(np.uint32):08x}" for i in at],
            "bf16_bits": [f"{bfloat16(flat[i]):04x}" for i in at],
        })
    return rows


def write_vectors(path: Path) -> None:
    rows = ",\n".join(" " + json.dumps(row) for row in vectors())
    path.write_text(f"[\n{rows}\n]\n")


if __name__ == "__main__":
    print(json.dumps(vectors(), indent=1))
