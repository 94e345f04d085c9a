"""A transformer block in PyTorch, timed on demand for `examples/speed.rs`.

    speed_torch.py FOLDER vision|text ROWS HIDDEN HEADS KV_HEADS HEAD_DIM

The folder holds the block's tensors, `x`, `cos` and `sin` as raw f32. The result is written to `y`
there and a line printed; then for every line N on stdin the seconds of N runs are printed.
"""

import sys
import time
from pathlib import Path

import numpy
import torch
from torch.nn import functional as F

folder, kind = Path(sys.argv[1]), sys.argv[2]
rows, hidden, heads, kv_heads, head_dim = map(int, sys.argv[3:])


def load(name, *shape):
    return torch.from_numpy(numpy.fromfile(folder / name, dtype=numpy.float32)).reshape(*shape)


weights = {path.name: load(path.name, -1) for path in folder.iterdir() if "." in path.name}
x, cos, sin = load("x", rows, hidden), load("cos", rows, -1), load("sin", rows, -1)
cos, sin = torch.cat([cos, cos], 1), torch.cat([sin, sin], 1)


def linear(x, name):
    bias = weights.get(f"{name}.bias")
    return F.linear(x, weights[f"{name}.weight"], bias)


for name, weight in weights.items():
    if name.endswith(".weight") and "norm" not in name:
        wide = {"mlp.linear_fc2.weight", "mlp.down_proj.weight"}
        inputs = hidden
        if name in wide:
            inputs = weight.numel() // hidden
        elif name == "self_attn.o_proj.weight":
            inputs = heads * head_dim
        weights[name] = weight.reshape(-1, inputs)


def rotated(x, count):
    x = x.reshape(rows, count, head_dim).transpose(0, 1)
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


def split(x, count):
    return x.reshape(rows, count, head_dim).transpose(0, 1)


def merged(x):
    return x.transpose(0, 1).reshape(rows, heads * head_dim)


def vision(x):
    def norm(x, name):
        return F.layer_norm(x, (hidden,), weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-6)

    query, key, value = linear(norm(x, "norm1"), "attn.qkv").chunk(3, -1)
    attention = F.scaled_dot_product_attention(
        rotated(query, heads)[None], rotated(key, heads)[None], split(value, heads)[None]
    )
    x = x + linear(merged(attention[0]), "attn.proj")
    wide = F.gelu(linear(norm(x, "norm2"), "mlp.linear_fc1"), approximate="tanh")
    return x + linear(wide, "mlp.linear_fc2")


def text(x):
    def norm(x, name):
        return F.rms_norm(x, (x.shape[-1],), weights[f"{name}.weight"], 1e-6)

    def projected(x, name, count):
        return linear(x, f"self_attn.{name}_proj").reshape(rows, count, head_dim)

    normed = norm(x, "input_layernorm")
    query = norm(projected(normed, "q", heads), "self_attn.q_norm")
    key = norm(projected(normed, "k", kv_heads), "self_attn.k_norm")
    value = projected(normed, "v", kv_heads)
    attention = F.scaled_dot_product_attention(
        rotated(query, heads)[None],
        rotated(key, kv_heads)[None],
        split(value, kv_heads)[None],
        is_causal=True,
        enable_gqa=True,
    )
    x = x + linear(merged(attention[0]), "self_attn.o_proj")
    wide = norm(x, "post_attention_layernorm")
    gate = F.silu(linear(wide, "mlp.gate_proj"))
    return x + linear(gate * linear(wide, "mlp.up_proj"), "mlp.down_proj")


with torch.inference_mode():
    block = vision if kind == "vision" else text
    block(x).numpy().tofile(folder / "y")
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            block(x)
        print(time.perf_counter() - start, flush=True)
