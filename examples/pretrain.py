"""Pretrains the weights that agff-nano starts from, in PyTorch on one GPU.

    python pretrain.py OUT --minutes 8 --scenes FOLDER… [--pairs FILE.jsonl…] [--photos FILE.jsonl…] [--test questions.jsonl]

AGFF prompts a model that can see and read already. This makes such a model of agff-nano's shape (a small Qwen3-VL),
from nothing: OUT becomes a Hugging Face checkpoint with a `views.json`, and the `agff convert` that is printed at the end
makes a package of it, from which recipes/agff-nano.toml goes on with EGA. Only its global view is trained here. The inputs are those of
`agff train`, token by token; `--check` compares with transformers' own Qwen3-VL.

Three losses are added up:

- InfoNCE between captions and pictures, both ways, within each source of data (CLIP, arXiv 2103.00020);
- among the two scenes of a unit, which differ in one fact, the right caption must win by itself;
- each picture says its caption, token by token (arXiv 2306.07915), in a branch that the embedding does not see.

Matrices are moved by Muon (orthogonalised momentum, K. Jordan et al. 2024, kellerjordan.github.io/posts/muon), everything
else by AdamW. The rates warm up, stay, and fall to nothing at the end of the time that was given; folders of scenes that
appear while it runs are taken up.
"""

import argparse
import json
import math
import multiprocessing
import os
import re
import threading
import time
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[1]
RECIPE = tomllib.loads((ROOT / "recipes/agff-nano-base.toml").read_text())["start"]["random"]
VISION, TEXT = RECIPE["config"]["vision"], RECIPE["config"]["text"]
TOKENIZER = ROOT / "models/agff-nano/tokenizer.json"
SIZE, PATCH, MERGE = 128, VISION["patch_size"], VISION["spatial_merge_size"]
SIDE = SIZE // PATCH
MERGED = (SIDE // MERGE) ** 2
LONGEST = 28
FINE = 4


# --- the model --------------------------------------------------------------------------------


def rotate(x, cos, sin):
    """Rotary positions: the first half of a head against its second half."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Mlp(nn.Module):
    def __init__(self, inner, middle, out):
        super().__init__()
        self.linear_fc1 = nn.Linear(inner, middle)
        self.linear_fc2 = nn.Linear(middle, out)


class VisionAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)


class VisionBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        width = c["hidden_size"]
        self.heads = c["num_heads"]
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.attn = VisionAttention(width)
        self.mlp = Mlp(width, c["intermediate_size"], width)

    def forward(self, x, cos, sin):
        n, patches, width = x.shape
        qkv = self.attn.qkv(self.norm1(x)).view(n, patches, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        q, k = rotate(q, cos, sin).to(v.dtype), rotate(k, cos, sin).to(v.dtype)
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, patches, width)
        x = x + self.attn.proj(seen)
        return x + self.mlp.linear_fc2(F.gelu(self.mlp.linear_fc1(self.norm2(x)), approximate="tanh"))


class Merger(nn.Module):
    """Squares of MERGE × MERGE patches become one; `deep` ones are normed after that."""

    def __init__(self, c, deep):
        super().__init__()
        self.wide = c["hidden_size"] * MERGE**2
        self.norm = nn.LayerNorm(self.wide if deep else c["hidden_size"], eps=1e-6)
        self.linear_fc1 = nn.Linear(self.wide, self.wide)
        self.linear_fc2 = nn.Linear(self.wide, c["out_hidden_size"])
        self.deep = deep

    def forward(self, x):
        n = len(x)
        x = self.norm(x.reshape(n, -1, self.wide)) if self.deep else self.norm(x).reshape(n, -1, self.wide)
        return self.linear_fc2(F.gelu(self.linear_fc1(x)))


class PatchEmbed(nn.Module):
    def __init__(self, c):
        super().__init__()
        kernel = (c["temporal_patch_size"], PATCH, PATCH)
        self.proj = nn.Conv3d(3, c["hidden_size"], kernel, kernel)


class Vision(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.patch_embed = PatchEmbed(c)
        self.pos_embed = nn.Embedding(c["num_position_embeddings"], c["hidden_size"])
        self.blocks = nn.ModuleList(VisionBlock(c) for _ in range(c["depth"]))
        self.merger = Merger(c, False)
        self.deepstack_merger_list = nn.ModuleList(Merger(c, True) for _ in c["deepstack_visual_indexes"])
        self.deep_at = c["deepstack_visual_indexes"]
        # Row and column of each patch, square by square.
        place = torch.arange(SIDE * SIDE).view(SIDE // MERGE, MERGE, SIDE // MERGE, MERGE).transpose(1, 2).flatten()
        self.rows, self.columns = place // SIDE, place % SIDE
        dim = c["hidden_size"] // c["num_heads"] // 2
        frequencies = c["rope_theta"] ** (-torch.arange(0, dim, 2, dtype=torch.float32) / dim)
        angles = torch.cat([self.rows[:, None] * frequencies, self.columns[:, None] * frequencies], 1)
        self.register_buffer("cos", angles.cos(), False)
        self.register_buffer("sin", angles.sin(), False)
        # Bilinear interpolation of the position table, corners aligned, as one matrix.
        table = math.isqrt(c["num_position_embeddings"])
        axis = torch.zeros(SIDE, table)
        for i in range(SIDE):
            at = i * (table - 1) / (SIDE - 1)
            low = min(int(at), table - 1)
            axis[i, low] += 1 - (at - low)
            axis[i, min(low + 1, table - 1)] += at - low
        mix = axis[self.rows, :, None] * axis[self.columns, None, :]
        self.register_buffer("mix", mix.view(SIDE * SIDE, -1), False)

    def forward(self, pixels):
        """`pixels`: [n, 3, SIZE, SIZE], normalised."""
        n = len(pixels)
        squares = pixels.view(n, 3, SIDE // MERGE, MERGE, PATCH, SIDE // MERGE, MERGE, PATCH)
        patches = squares.permute(0, 2, 5, 3, 6, 1, 4, 7).reshape(n, SIDE * SIDE, -1)
        # Both frames of a still picture are the same, so their weights add up.
        weight = self.patch_embed.proj.weight.sum(2).flatten(1)
        x = F.linear(patches, weight, self.patch_embed.proj.bias)
        x = x + self.mix @ self.pos_embed.weight
        deep = []
        for i, block in enumerate(self.blocks):
            x = block(x, self.cos, self.sin)
            if i in self.deep_at:
                deep.append(self.deepstack_merger_list[self.deep_at.index(i)](x))
        return self.merger(x), deep


class TextAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, dim = c["hidden_size"], c["head_dim"]
        self.q_proj = nn.Linear(width, c["num_attention_heads"] * dim, bias=False)
        self.k_proj = nn.Linear(width, c["num_key_value_heads"] * dim, bias=False)
        self.v_proj = nn.Linear(width, c["num_key_value_heads"] * dim, bias=False)
        self.o_proj = nn.Linear(c["num_attention_heads"] * dim, width, bias=False)
        self.q_norm = nn.RMSNorm(dim, eps=c["rms_norm_eps"])
        self.k_norm = nn.RMSNorm(dim, eps=c["rms_norm_eps"])


class TextMlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, middle = c["hidden_size"], c["intermediate_size"]
        self.gate_proj = nn.Linear(width, middle, bias=False)
        self.up_proj = nn.Linear(width, middle, bias=False)
        self.down_proj = nn.Linear(middle, width, bias=False)


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(c["hidden_size"], eps=c["rms_norm_eps"])
        self.post_attention_layernorm = nn.RMSNorm(c["hidden_size"], eps=c["rms_norm_eps"])
        self.self_attn = TextAttention(c)
        self.mlp = TextMlp(c)
        self.dim, self.groups = c["head_dim"], c["num_attention_heads"] // c["num_key_value_heads"]

    def forward(self, x, cos, sin, mask):
        n, length, _ = x.shape
        a, normed = self.self_attn, self.input_layernorm(x)
        heads = lambda y: y.view(n, length, -1, self.dim).transpose(1, 2)
        v = heads(a.v_proj(normed))
        q = rotate(a.q_norm(heads(a.q_proj(normed))), cos, sin).to(v.dtype)
        k = rotate(a.k_norm(heads(a.k_proj(normed))), cos, sin).to(v.dtype)
        k, v = k.repeat_interleave(self.groups, 1), v.repeat_interleave(self.groups, 1)
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        x = x + a.o_proj(seen.transpose(1, 2).reshape(n, length, -1))
        normed, m = self.post_attention_layernorm(x), self.mlp
        return x + m.down_proj(F.silu(m.gate_proj(normed)) * m.up_proj(normed))


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = nn.RMSNorm(c["hidden_size"], eps=c["rms_norm_eps"])
        half = c["head_dim"] // 2
        self.frequencies = c["rope_theta"] ** (-torch.arange(half, dtype=torch.float32) / half)
        section = c["mrope_section"]
        # Time, height and width take the frequencies in turn (interleaved M-RoPE).
        self.axes = torch.tensor([i % 3 if i % 3 and i < 3 * section[i % 3] else 0 for i in range(half)])

    def angles(self, positions):
        """`positions`: [length, 3] → cosines and sines, [length, head_dim / 2]."""
        at = positions.float()[:, self.axes] * self.frequencies
        return at.cos(), at.sin()

    def forward(self, x, cos, sin, mask, deep=(), deep_at=None):
        for i, layer in enumerate(self.layers):
            x = layer(x, cos, sin, mask)
            if i < len(deep):
                start, end = deep_at
                x = torch.cat([x[:, :start], x[:, start:end] + deep[i], x[:, end:]], 1)
        return self.norm(x)


class Nano(nn.Module):
    """Pictures and texts become unit vectors; pictures say their captions."""

    def __init__(self):
        super().__init__()
        self.visual = Vision(VISION)
        self.language_model = Decoder(TEXT)
        self.view = nn.Parameter(torch.randn(1, TEXT["hidden_size"]) * 0.05)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        tokenizer = Tokenizer.from_file(str(TOKENIZER))
        ids = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
        one = tokenizer.token_to_id
        self.start, self.stop = one("<|im_start|>"), one("<|im_end|>")
        pads = [one("<|image_pad|>")] * MERGED
        prefix = [self.start, one("<|vision_start|>"), *pads, one("<|vision_end|>"), self.stop]
        self.cue = ids("<|im_start|>assistant\n")
        self.prefix, self.picture_at = prefix, (2, 2 + MERGED)
        # prefix | view's branch: start, learned vector | caption's branch: cue, words
        branch, longest = len(prefix), len(self.cue) + LONGEST
        length = branch + 2 + longest
        side = SIDE // MERGE
        place = [(0,) * 3, (1,) * 3]
        place += [(2, 2 + i // side, 2 + i % side) for i in range(MERGED)]
        after = 2 + side
        place += [(after,) * 3, (after + 1,) * 3]
        place += [(after + 2 + i,) * 3 for i in range(2)] + [(after + 2 + i,) * 3 for i in range(longest)]
        mask = torch.ones(length, length, dtype=torch.bool).tril()
        mask[branch + 2:, branch:branch + 2] = False
        self.branch = branch
        for name, value in zip(["cos", "sin"], self.language_model.angles(torch.tensor(place))):
            self.register_buffer(f"picture_{name}", value, False)
        flat = torch.arange(LONGEST + 4)[:, None].expand(-1, 3)
        for name, value in zip(["cos", "sin"], self.language_model.angles(flat)):
            self.register_buffer(f"text_{name}", value, False)
        self.register_buffer("picture_mask", mask, False)
        self.register_buffer("picture_ids", torch.tensor([*prefix, self.start]), False)
        self.register_buffer("cue_ids", torch.tensor(self.cue), False)

    def initialise(self):
        """Variance 1/fan-in; what ends a residual branch is smaller by the root of the number of branches."""
        for name, p in self.named_parameters():
            if name == "log_scale" or name == "view":
                continue
            if p.dim() == 1:
                nn.init.zeros_(p) if name.endswith("bias") else nn.init.ones_(p)
            elif "embed_tokens" in name or "pos_embed" in name:
                nn.init.normal_(p, std=0.05)
            else:
                ends = re.search(r"o_proj|down_proj|attn\.proj|blocks\.\d+\.mlp\.linear_fc2", name)
                depth = VISION["depth"] if name.startswith("visual") else TEXT["num_hidden_layers"]
                std = (p[0].numel() * (2 * depth if ends else 1)) ** -0.5
                nn.init.normal_(p, std=std)

    def pictures(self, pixels, captions=None):
        """`pixels` [n, 3, SIZE, SIZE]; `captions` [n, words], −1 where there is none.
        Gives embeddings [n, width] and, with captions, the hidden states that say them [n, words, width]."""
        n = len(pixels)
        merged, deep = self.visual(pixels)
        table = self.language_model.embed_tokens
        known = table(self.picture_ids).expand(n, -1, -1)
        start, end = self.picture_at
        parts = [known[:, :start], merged, known[:, end:], self.view.expand(n, 1, -1)]
        length = self.branch + 2
        if captions is not None:
            parts += [table(self.cue_ids).expand(n, -1, -1), table(captions[:, :-1].clamp_min(0))]
            length += len(self.cue) + captions.shape[1] - 1
        x = torch.cat([p.to(merged.dtype) for p in parts], 1)
        hidden = self.language_model(
            x, self.picture_cos[:length], self.picture_sin[:length], self.picture_mask[:length, :length], deep,
            self.picture_at,
        )
        said = hidden[:, self.branch + 2 + len(self.cue) - 1:] if captions is not None else None
        return hidden[:, self.branch + 1], said

    def texts(self, ids, lengths):
        """`ids` [n, words], padded at the right; `lengths` [n]. Gives embeddings [n, width]."""
        n, words = ids.shape
        table, rows = self.language_model.embed_tokens, torch.arange(n, device=ids.device)
        # start, words, end | start, learned vector
        whole = torch.full((n, words + 4), self.stop, device=ids.device)
        whole[:, 0] = self.start
        whole[:, 1:words + 1] = ids.clamp_min(0)
        whole[rows, lengths + 1] = self.stop
        whole[rows, lengths + 2] = self.start
        x = table(whole)
        x = x.index_put((rows, lengths + 3), self.view.to(x.dtype).expand(n, -1))
        length = words + 4
        hidden = self.language_model(x, self.text_cos[:length], self.text_sin[:length], None)
        return hidden[rows, lengths + 3]


# --- data -------------------------------------------------------------------------------------


def read_picture(path):
    """A picture as [3, SIZE, SIZE] bytes; another shape is squeezed to a square."""
    image = Image.open(path).convert("RGB")
    if image.size != (SIZE, SIZE):
        image = image.resize((SIZE, SIZE), Image.BICUBIC)
    return numpy.asarray(image).transpose(2, 0, 1).copy()


def tokens(texts):
    """[texts, LONGEST] with −1 where there is none, and lengths; the words only."""
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    rows = numpy.full((len(texts), LONGEST), -1, numpy.int16)
    lengths = numpy.zeros(len(texts), numpy.int64)
    for i, encoding in enumerate(tokenizer.encode_batch(texts, add_special_tokens=False)):
        ids = encoding.ids[:LONGEST]
        rows[i, :len(ids)], lengths[i] = ids, len(ids)
    return rows, lengths


class Source:
    """Pictures with their captions, on the device; with `units`, the two scenes of a unit share a batch. `share` is how much its
    loss counts, `crop` the least part of a picture that is shown."""

    def __init__(self, rows_file, pool, device, units=False, share=1.0, crop=1.0, flip=False):
        rows = [json.loads(line) for line in Path(rows_file).read_text().splitlines()]
        folder = Path(rows_file).parent
        captions, labels, flips = defaultdict(list), {}, {}
        for row in rows:
            picture, text = row["positive"], row["query"]
            if "image" in text:
                picture, text = text, picture
            image = picture["image"]
            captions[image].append(text["text"])
            labels[image] = row.get("label", image)
            flips[image] = flip or flips.get(image, True) and row.get("flip", False)
        names = list(captions)
        pictures = pool.map(read_picture, [folder / name for name in names], chunksize=64)
        self.pictures = torch.from_numpy(numpy.stack(pictures)).to(device)
        flat = [(text, i) for i, name in enumerate(names) for text in captions[name]]
        ids, lengths = tokens([text for text, _ in flat])
        self.ids, self.lengths = torch.from_numpy(ids).to(device), torch.from_numpy(lengths).to(device)
        first, count = numpy.zeros(len(names), numpy.int64), numpy.zeros(len(names), numpy.int64)
        for at, (_, i) in enumerate(flat):
            first[i] = first[i] if count[i] else at
            count[i] += 1
        self.first, self.count = torch.from_numpy(first).to(device), torch.from_numpy(count).to(device)
        number = {label: i for i, label in enumerate(dict.fromkeys(labels.values()))}
        self.labels = torch.tensor([number[labels[name]] for name in names], device=device)
        self.flips = torch.tensor([flips[name] for name in names], device=device)
        self.share, self.crop = share, crop
        if units:
            groups = defaultdict(set)
            index = {name: i for i, name in enumerate(names)}
            for row in rows:
                groups[re.sub(r"-\d+$", "", row["group"]) if "group" in row else row["positive"]["image"]].add(
                    index[row["positive"]["image"]])
            pairs = [sorted(g) for g in groups.values() if len(g) == 2]
            self.units = torch.tensor(sorted(set(map(tuple, pairs))), device=device)
        else:
            self.units = torch.arange(len(names), device=device)[:, None]

    def batch(self, count):
        """Varied pictures [n, 3, SIZE, SIZE], captions, lengths, labels. A unit's pictures have captions of one number, which say the same in the same words but for one fact."""
        device = self.units.device
        unit = self.units[torch.randint(len(self.units), (count,), device=device)]
        pick = torch.rand(count, 1, device=device)
        number = (pick * self.count[unit].min(1, keepdim=True).values).long()
        pictures = unit.flatten()
        row = (self.first[unit] + number).flatten()
        pixels = varied(self.pictures[pictures], self.flips[pictures], self.crop)
        return pixels, self.ids[row].long(), self.lengths[row], self.labels[pictures]


def varied(pictures, flips, crop, shift=6, light=0.15):
    """Pictures as normalised floats with another light, mirrored where that is allowed: moved a little, or
    windows of at least the share `crop` of the picture."""
    n, device = len(pictures), pictures.device
    x = pictures.float() / 127.5 - 1
    x = torch.where((flips & (torch.rand(n, device=device) < 0.5))[:, None, None, None], x.flip(-1), x)
    between = lambda low, high, *shape: low + (high - low) * torch.rand(n, *shape, device=device)
    if crop < 1:
        area, aspect = between(crop, 1), between(-0.25, 0.25).exp()
        sides = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()], 1).clamp(max=1)
        centre = between(-1, 1, 2) * (1 - sides)
        window = torch.zeros(n, 2, 3, device=device)
        window[:, 0, 0], window[:, 1, 1], window[:, :, 2] = sides[:, 0], sides[:, 1], centre
        x = F.grid_sample(x, F.affine_grid(window, list(x.shape), align_corners=False), align_corners=False)
        light = 2 * light
    else:
        at = torch.arange(SIZE, device=device)
        moved = lambda: (at + torch.randint(-shift, shift + 1, (n, 1), device=device)).clamp(0, SIZE - 1)
        x = x.gather(2, moved()[:, None, :, None].expand(-1, 3, -1, SIZE))
        x = x.gather(3, moved()[:, None, None, :].expand(-1, 3, SIZE, -1))
    return (x * between(1 - light, 1 + light, 1, 1, 1) + between(-light, light, 1, 1, 1)).clamp(-1, 1)


# --- losses and steps -------------------------------------------------------------------------


def contrastive(texts, pictures, labels, words, scale):
    """InfoNCE both ways; rows of one label or of the same words are not each other's negatives."""
    scores = scale * texts @ pictures.T
    same = (labels[:, None] == labels) | (words[:, None] == words)
    same &= ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    scores = scores.masked_fill(same, -1e4)
    target = torch.arange(len(labels), device=labels.device)
    right = (scores.argmax(1) == target).float().mean()
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2, right


def within_units(texts, pictures, scale):
    """The two scenes of each unit against each other, for captions and for pictures."""
    t, p = texts.view(-1, 2, texts.shape[1]), pictures.view(-1, 2, pictures.shape[1])
    scores = scale * torch.einsum("uid,ujd->uij", t, p)
    right = scores.diagonal(dim1=1, dim2=2)
    other = scores.flip(2).diagonal(dim1=1, dim2=2)
    below = scores.flip(1).diagonal(dim1=1, dim2=2)
    loss = F.softplus(other - right).mean() + F.softplus(below - right).mean()
    return loss / 2, (right > other).all(1).float().mean()


class Muon(torch.optim.Optimizer):
    """Momentum whose matrix is made orthogonal by five Newton-Schulz steps; matrices of one shape go together."""

    def __init__(self, matrices, rate, momentum=0.95, decay=0.02):
        super().__init__(matrices, dict(lr=rate, momentum=momentum, decay=decay))
        self.shapes = defaultdict(list)
        for p in matrices:
            self.shapes[tuple(p.flatten(1).shape)].append(p)
        self.buffers = {s: torch.zeros(len(ps), *s, device=ps[0].device) for s, ps in self.shapes.items()}

    @torch.no_grad()
    def step(self):
        group = self.param_groups[0]
        for shape, ps in self.shapes.items():
            grads = torch.stack([p.grad.flatten(1) for p in ps])
            buffer = self.buffers[shape]
            buffer.lerp_(grads, 1 - group["momentum"])
            x = grads.lerp(buffer, group["momentum"]).bfloat16()
            tall = shape[0] > shape[1]
            x = x.mT if tall else x
            x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
            for _ in range(5):
                a = x @ x.mT
                x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
            x = (x.mT if tall else x).float() * max(1, shape[0] / shape[1]) ** 0.5
            for p, change in zip(ps, x):
                p.mul_(1 - group["lr"] * group["decay"]).sub_(change.view_as(p), alpha=group["lr"])


@torch.no_grad()
def test(model, file, pool, device):
    """Accuracy of each category's groups (all questions right), of the questions, and of shuffled pictures."""
    questions = [json.loads(line) for line in Path(file).read_text().splitlines()]
    texts, images = {}, {}
    for q in questions:
        for part in [q["query"], *q["candidates"]]:
            table, key = (texts, part["text"]) if "text" in part else (images, part["image"])
            table.setdefault(key, len(table))
    ids, lengths = tokens(list(texts))
    pictures = pool.map(read_picture, [Path(file).parent / name for name in images], chunksize=16)
    pixels = torch.from_numpy(numpy.stack(pictures)).to(device).float() / 127.5 - 1
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        seen = torch.cat([model.pictures(part)[0] for part in pixels.split(512)])
        read = [model.texts(i.long(), l) for i, l in zip(
            torch.from_numpy(ids).to(device).split(512), torch.from_numpy(lengths).to(device).split(512))]
    seen, read = F.normalize(seen.float(), dim=1), F.normalize(torch.cat(read).float(), dim=1)
    vector = lambda part: read[texts[part["text"]]] if "text" in part else seen[images[part["image"]]]
    groups, right = defaultdict(list), []
    for q in questions:
        scores = torch.stack([vector(q["query"]) @ vector(c) for c in q["candidates"]])
        answer = q["answer"]
        right.append(int(scores.argmax()) == answer)
        groups[q["category"], q["group"]].append(right[-1])
    by = defaultdict(list)
    for (category, _), answers in groups.items():
        by[category].append(all(answers))
    mean = lambda xs: sum(xs) / len(xs)
    report = {category: round(100 * mean(xs), 1) for category, xs in by.items()}
    report["group accuracy"] = round(100 * mean([a for xs in by.values() for a in xs]), 1)
    report["precision@1"] = round(100 * mean(right), 1)
    return report


# --- a run ------------------------------------------------------------------------------------


def save_views(view, out):
    """`views.json` and the views' vectors. The fine views begin as the global one and noise half as large: their fused
    similarity is as good as its own, and EGA goes on from there."""
    random = torch.Generator().manual_seed(1)
    vectors = {"views.global": view}
    for i in range(1, FINE + 1):
        vectors[f"views.fine-{i}"] = view + torch.randn(view.shape, generator=random) * view.std() / 2
    save_file(vectors, out / "views.safetensors")
    names = [name.removeprefix("views.") for name in vectors]
    views = {
        "views": [{"name": name, "prompt": "<|im_start|>", "learned": 1} for name in names],
        "vectors": "views.safetensors", "dimensions": RECIPE["dimensions"],
        **{key: RECIPE["prompt"][key] for key in ("prefix", "instruction")},
    }
    (out / "views.json").write_text(json.dumps(views, indent=1))


def save(model, out):
    """A Hugging Face checkpoint in two shards, and its views."""
    out.mkdir(parents=True, exist_ok=True)
    state = {f"model.{k}": v.detach().float().cpu().contiguous() for k, v in model.state_dict().items()}
    view = state.pop("model.view")
    state.pop("model.log_scale")
    shards = [{k: v for k, v in state.items() if ("visual" in k) == first} for first in (True, False)]
    index = {}
    for i, shard in enumerate(shards):
        name = f"model-0000{i + 1}-of-00002.safetensors"
        save_file(shard, out / name, metadata={"format": "pt"})
        index |= {k: name for k in shard}
    (out / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    save_views(view, out)
    text, vision = dict(TEXT), dict(VISION)
    rope = {"rope_type": "default", "mrope_section": text.pop("mrope_section"), "mrope_interleaved": True}
    text["rope_parameters"] = rope | {"rope_theta": text.pop("rope_theta")}
    one = Tokenizer.from_file(str(TOKENIZER)).token_to_id
    vision.pop("rope_theta")
    (out / "config.json").write_text(json.dumps({
        "architectures": ["Qwen3VLForConditionalGeneration"], "model_type": "qwen3_vl",
        "text_config": text, "vision_config": vision, "tie_word_embeddings": True,
        "image_token_id": one("<|image_pad|>"), "vision_start_token_id": one("<|vision_start|>"),
        "vision_end_token_id": one("<|vision_end|>"),
    }, indent=1))
    (out / "preprocessor_config.json").write_text(json.dumps({
        "size": {"shortest_edge": RECIPE["image"]["min_pixels"], "longest_edge": RECIPE["image"]["max_pixels"]},
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "patch_size": PATCH, "merge_size": MERGE,
        "temporal_patch_size": VISION["temporal_patch_size"], "do_resize": True, "do_rescale": True,
        "do_normalize": True, "resample": 3, "rescale_factor": 1 / 255,
    }, indent=1))
    (out / "tokenizer.json").write_bytes(TOKENIZER.read_bytes())


class Run:
    def __init__(self, args):
        self.args = args
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(args.seed)
        torch.backends.cuda.matmul.allow_tf32 = True
        self.model = Nano()
        self.model.initialise()
        self.model.to(self.device)
        if args.compile:
            for block in [*self.model.visual.blocks, *self.model.language_model.layers]:
                block.compile(dynamic=False)
        named = dict(self.model.named_parameters())
        matrix = lambda name, p: p.dim() > 1 and "embed" not in name and name != "view"
        self.muon = Muon([p for n, p in named.items() if matrix(n, p)], args.rate)
        rest = [p for n, p in named.items() if not matrix(n, p)]
        self.adam = torch.optim.AdamW(rest, lr=args.rate / 10, betas=(0.9, 0.98), weight_decay=0.01)
        # Sentences are told apart by a sum over their tokens.
        self.multipliers = torch.randint(2**40, (LONGEST,), device=self.device)
        self.sources, self.waiting = [], list(args.scenes)
        self.others, self.failed = [], None
        self.lock = threading.Lock()

    def gather(self, pool):
        """Takes up the data as it appears; what goes wrong ends the run."""
        try:
            self.read(pool)
        except Exception as error:
            self.failed = error

    def read(self, pool):
        for file in self.args.pairs:
            self.others.append(Source(file, pool, self.device, share=0.5, crop=0.7))
        for file in self.args.photos:
            self.others.append(Source(file, pool, self.device, share=0.25, crop=0.3, flip=True))
        while self.waiting:
            for folder in list(self.waiting):
                if (folder / "manifest.json").exists():
                    source = Source(folder / "rows.jsonl", pool, self.device, units=True)
                    with self.lock:
                        self.sources.append(source)
                        self.waiting.remove(folder)
                    print(f"{folder}: {len(source.units)} units, {len(source.ids)} captions", flush=True)
            time.sleep(1)

    def rate(self, done):
        """A share of the full rates: up in the first 2 %, level, down to nothing from `--fall` on."""
        fall = self.args.fall
        return min(1, done / 0.02, max(0, (1 - done) / (1 - fall)))

    def step(self, done):
        args, model = self.args, self.model
        with self.lock:
            sizes = torch.tensor([len(s.units) for s in self.sources], dtype=torch.float)
            source = self.sources[int(torch.multinomial(sizes, 1))]
        parts = [source.batch(args.units)] + [s.batch(args.others) for s in self.others]
        pixels, ids, lengths, labels = (torch.cat(x) for x in zip(*parts))
        width = ids.shape[1]
        words = (ids * self.multipliers[:width]).sum(1)
        ends = torch.arange(width + 1, device=ids.device)
        captions = F.pad(ids, (0, 1), value=-1)
        captions = torch.where(ends == lengths[:, None], model.stop, captions)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            seen, said = model.pictures(pixels, captions)
            read = model.texts(ids, lengths)
            logits = said @ model.language_model.embed_tokens.weight.to(said.dtype).T
        caption_loss = F.cross_entropy(logits.flatten(0, 1).float(), captions.flatten(), ignore_index=-1)
        scale = model.log_scale.exp().clamp(max=50)
        n = 2 * args.units
        blocks = [(0, n, source.share)] + [
            (n + i * args.others, n + (i + 1) * args.others, s.share) for i, s in enumerate(self.others)]
        loss, shown = args.captions * caption_loss, {"captions": caption_loss}
        for dims, weight in [(None, 1 / 1.3), (64, 0.3 / 1.3)]:
            s, r = F.normalize(seen[:, :dims].float(), dim=1), F.normalize(read[:, :dims].float(), dim=1)
            for i, (a, b, share) in enumerate(blocks):
                one, right = contrastive(r[a:b], s[a:b], labels[a:b], words[a:b], scale)
                loss = loss + weight * share * one
                if dims is None:
                    shown |= {f"loss {i}": one, f"right {i}": right}
            pair, pair_right = within_units(r[:n], s[:n], scale)
            loss = loss + weight * args.within * pair
            if dims is None:
                shown |= {"pair": pair, "pairs right": pair_right}
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
        share = self.rate(done)
        for group in self.muon.param_groups:
            group["lr"] = args.rate * share
        for group in self.adam.param_groups:
            group["lr"] = args.rate / 10 * share
        self.muon.step()
        self.adam.step()
        self.muon.zero_grad()
        self.adam.zero_grad()
        return shown

    def run(self):
        args = self.args
        pool = multiprocessing.get_context("fork").Pool(args.workers, os.nice, (10,))
        threading.Thread(target=self.gather, args=(pool,), daemon=True).start()
        while not self.failed and (not self.sources or len(self.others) < len(args.pairs + args.photos)):
            time.sleep(0.2)
        print(f"{sum(p.numel() for p in self.model.parameters()) / 1e6:.2f} million weights", flush=True)
        began = shown_at = saved_at = time.time()
        step = rows = 0
        rows_of_step = 2 * args.units + args.others * len(self.others)
        budget = 60 * args.minutes
        while (now := time.time()) - began < budget and step < args.steps:
            if self.failed:
                raise self.failed
            shown = self.step(min(1, max((now - began) / budget, step / args.steps)))
            step, rows = step + 1, rows + rows_of_step
            if step in (1, 10) or time.time() - shown_at > 5:
                values = " ".join(f"{k} {v.item():.3f}" for k, v in shown.items())
                shown_at = time.time()
                speed = rows / (shown_at - began)
                print(f"{shown_at - began:5.0f} s step {step} rows {rows} ({speed:.0f}/s): {values} "
                      f"scale {self.model.log_scale.exp().item():.1f}", flush=True)
            if time.time() - saved_at > 120:
                saved_at = time.time()
                save(self.model, args.out)
                for file in args.test:
                    print(json.dumps({"step": step, "rows": rows} | test(self.model, file, pool, self.device)), flush=True)
        save(self.model, args.out)
        for file in args.test:
            print(json.dumps({"step": step, "rows": rows} | test(self.model, file, pool, self.device)), flush=True)
        device = torch.cuda.get_device_name() if torch.cuda.is_available() else "a CPU"
        units = sum(len(source.units) for source in self.sources)
        print(f"agff convert {args.out} --views {args.out}/views.json --out {args.out}/model --dtype f32 "
              f"--name agff-nano-base --provenance 'Pretrained from nothing by examples/pretrain.py (PyTorch "
              f"{torch.__version__}, seed {args.seed}) in {time.time() - began:.0f} s on {device}: {step} steps, "
              f"{rows / 1e6:.1f} million rows, {units} units of scenes. Its fine views are the global one with noise.'")
        pool.terminate()


def check():
    """Equality with transformers' Qwen3-VL on random weights, for a text and for a picture."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers import Qwen3VLConfig, Qwen3VLModel
    import tempfile
    torch.manual_seed(0)
    model = Nano()
    model.initialise()
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder))
        theirs = Qwen3VLModel(Qwen3VLConfig.from_pretrained(folder)).eval()
        own = {k: v for k, v in model.state_dict().items() if k not in ("view", "log_scale")}
        theirs.load_state_dict(own)
    words = torch.tensor([[300, 41, 7, 9]])
    x = model.language_model.embed_tokens(torch.tensor([[model.start, 300, 41, 7, 9, model.stop, model.start]]))
    x = torch.cat([x, model.view[None]], 1)
    with torch.no_grad():
        ours = model.texts(F.pad(words, (0, 4), value=-1), torch.tensor([4]))
        expected = theirs(inputs_embeds=x, attention_mask=torch.ones(x.shape[:2])).last_hidden_state[:, -1]
        print("text", float((ours - expected).abs().max()))
        pixels = torch.rand(1, 3, SIZE, SIZE) * 2 - 1
        ids = torch.tensor([[*model.prefix, model.start, model.stop]])
        model.view.data = model.language_model.embed_tokens.weight[model.stop][None].clone()
        squares = pixels.view(3, SIDE // MERGE, MERGE, PATCH, SIDE // MERGE, MERGE, PATCH)
        patches = squares.permute(1, 4, 2, 5, 0, 3, 6).reshape(SIDE * SIDE, 3, 1, PATCH * PATCH)
        expected = theirs(
            input_ids=ids, attention_mask=torch.ones_like(ids), mm_token_type_ids=(ids == model.prefix[2]).int(),
            pixel_values=patches.expand(-1, -1, 2, -1).reshape(SIDE * SIDE, -1),
            image_grid_thw=torch.tensor([[1, SIDE, SIDE]]),
        ).last_hidden_state[:, -1]
        captions = torch.tensor([[5, 6, 7, -1]])
        print("picture", float((model.pictures(pixels)[0] - expected).abs().max()))
        print("beside a caption", float((model.pictures(pixels, captions)[0] - expected).abs().max()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--scenes", type=Path, nargs="*", default=[], help="folders of `agff data scenes`")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[], help="rows of pictures with texts")
    parser.add_argument("--photos", type=Path, nargs="*", default=[], help="rows of photos with their class's name")
    parser.add_argument("--test", type=Path, nargs="*", default=[], help="questions")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--units", type=int, default=384, help="units of two scenes in a step")
    parser.add_argument("--others", type=int, default=128, help="rows of each file of pairs in a step")
    parser.add_argument("--rate", type=float, default=0.02, help="Muon's learning rate; AdamW's is a tenth")
    parser.add_argument("--fall", type=float, default=0.5, help="the share of the time after which the rates fall")
    parser.add_argument("--captions", type=float, default=1.0, help="weight of saying the captions")
    parser.add_argument("--within", type=float, default=1.0, help="weight of the loss within units")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--compile", action="store_true", help="compile the blocks: half a minute, then faster")
    args = parser.parse_args()
    if not args.check and not (args.out and args.scenes):
        parser.error("name a folder for the checkpoint, and --scenes with at least one folder of `agff data scenes`")
    check() if args.check else Run(args).run()


main()
