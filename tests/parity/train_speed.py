"""Training steps a second: `agff train` beside the same model in PyTorch, in turn, on this CPU or GPU.

    python train_speed.py AGFF [--device gpu] [--rounds 5] [--steps 8] [--rows 64] [--chunk 16]

AGFF is the program (target/debug/agff has optimised code). The model is agff-nano's, by chance, with its
global view: transformers' Qwen3-VL has the same layers, but no views that branch off a prefix. Both train
every weight in f32 with InfoNCE in both directions over captions and their pictures, clip the gradients and
take a step of AdamW. The times of `agff train` include reading, varying and tokenizing its inputs; PyTorch
finds them ready. Printed are rows a second of each, and their ratio by the best and by the median step.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
import tomllib
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch.nn import functional as F
from transformers import Qwen3VLConfig, Qwen3VLModel

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "recipes" / "agff-nano-base.toml"
SIZE, PATCH, MERGE = 128, 16, 2


def make_data(agff, folder, rows):
    subprocess.run([agff, "data", "scenes", folder, "--count", str(max(400, 4 * rows)), "--size", str(SIZE)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "rows.jsonl"


def ours(args, rows, out, steps):
    """Rows a second of each step after the first two."""
    settings = {
        "batch.rows": str(args.rows), "batch.chunk": str(args.chunk),
        "out": str(out), "data": f'[{{rows="{rows}"}}]', "captions.weight": "0.0", "log.every": "1",
        "optimiser.steps": str(steps + 2), "optimiser.warmup_steps": "1", "optimiser.muon.learning_rate": "0.0",
        "eval.files": "[]",
    }
    command = [args.agff, "train", RECIPE, "--device", args.device]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lines = map(json.loads, (out / "metrics.jsonl").read_text().splitlines())
    speeds = [line["samples_per_second"] for line in lines if line["kind"] == "train"]
    return speeds[2:]


class Theirs:
    """The model and a batch in PyTorch."""

    def __init__(self, rows, count, device):
        self.device = torch.device("cuda" if device == "gpu" else "cpu")
        recipe = tomllib.loads(RECIPE.read_text())
        config = recipe["start"]["random"]["config"]
        text, vision = config["text"], config["vision"]
        tokenizer = Tokenizer.from_file(str(ROOT / "models/agff-nano/tokenizer.json"))
        special = tokenizer.token_to_id
        self.image_token, self.end = special("<|image_pad|>"), special("<|endoftext|>")
        section = text.pop("mrope_section")
        text["rope_parameters"] = {
            "rope_type": "default", "mrope_section": section, "mrope_interleaved": True,
            "rope_theta": text.pop("rope_theta"),
        }
        vision.pop("rope_theta")
        whole = Qwen3VLConfig(
            text_config=text, vision_config=vision, image_token_id=self.image_token,
            vision_start_token_id=special("<|vision_start|>"), vision_end_token_id=special("<|vision_end|>"),
            tie_word_embeddings=True,
        )
        torch.manual_seed(1)
        self.model = Qwen3VLModel._from_config(whole, attn_implementation="sdpa").train().to(self.device)
        # A convolution whose windows do not overlap is a product; PyTorch is slower at the former.
        embed = self.model.visual.patch_embed
        embed.forward = lambda x: F.linear(x, embed.proj.weight.flatten(1), embed.proj.bias)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.05)

        batch, seen = [], set()
        for line in rows.read_text().splitlines():
            row = json.loads(line)
            image, caption = row["positive"]["image"], row["query"]["text"]
            if image not in seen and len(batch) < count:
                seen.add(image)
                batch.append((rows.parent / image, caption))
        side = SIZE // PATCH // MERGE
        pads = "<|image_pad|>" * (side * side)
        prefix = "<|im_start|>{}<|im_end|><|im_start|><|endoftext|>"
        texts = [tokenizer.encode(prefix.format(caption), add_special_tokens=False).ids for _, caption in batch]
        images = [
            tokenizer.encode(prefix.format(f"<|vision_start|>{pads}<|vision_end|>"), add_special_tokens=False).ids
        ] * len(batch)
        self.texts, self.images = self.padded(texts), self.padded(images)
        self.patches = torch.cat([self.patches_of(path) for path, _ in batch]).to(self.device)
        self.grid = torch.tensor([[1, SIZE // PATCH, SIZE // PATCH]] * len(batch), device=self.device)

    def padded(self, sequences):
        length = max(map(len, sequences))
        ids = torch.full((len(sequences), length), self.end)
        mask = torch.zeros_like(ids)
        for i, sequence in enumerate(sequences):
            ids[i, :len(sequence)] = torch.tensor(sequence)
            mask[i, :len(sequence)] = 1
        return ids.to(self.device), mask.to(self.device)

    @staticmethod
    def patches_of(path):
        pixels = numpy.asarray(Image.open(path).convert("RGB"), dtype=numpy.float32) / 127.5 - 1
        side = SIZE // PATCH // MERGE
        blocks = pixels.reshape(side, MERGE, PATCH, side, MERGE, PATCH, 3).transpose(0, 3, 1, 4, 6, 2, 5)
        twice = numpy.repeat(blocks.reshape(-1, 3, 1, PATCH, PATCH), 2, axis=2)
        return torch.from_numpy(twice.reshape(len(twice), -1).copy())

    def embed(self, ids, mask, **image):
        hidden = self.model(
            input_ids=ids, attention_mask=mask, mm_token_type_ids=(ids == self.image_token).int(), use_cache=False,
            **image,
        ).last_hidden_state
        return hidden[torch.arange(len(ids), device=self.device), mask.sum(1) - 1]

    def step(self):
        started = time.perf_counter()
        queries = self.embed(*self.texts)
        targets = self.embed(*self.images, pixel_values=self.patches, image_grid_thw=self.grid)
        labels = torch.arange(len(queries), device=self.device)
        loss = 0
        for width, weight in [(192, 1 / 1.3), (64, 0.3 / 1.3)]:
            scores = F.normalize(queries[:, :width]) @ F.normalize(targets[:, :width]).T / 0.05
            loss = loss + weight * (F.cross_entropy(scores, labels) + F.cross_entropy(scores.T, labels)) / 2
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return len(queries) / (time.perf_counter() - started)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("agff", type=Path)
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--rows", type=int, default=64, help="of a step")
    parser.add_argument("--chunk", type=int, default=16, help="batch.chunk of the recipe")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=8)
    args = parser.parse_args()
    args.agff = args.agff.resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rows = make_data(args.agff, folder / "scenes", args.rows)
        theirs = Theirs(rows, args.rows, args.device)
        weights = sum(p.numel() for p in theirs.model.parameters())
        where = torch.cuda.get_device_name() if args.device == "gpu" else f"{torch.get_num_threads()} threads"
        print(f"{weights / 1e6:.2f} million weights, {args.rows} rows, {where}, PyTorch {torch.__version__}")
        for _ in range(3):
            theirs.step()
        speeds = {"agff": [], "PyTorch": []}
        for turn in range(args.rounds):
            speeds["agff"] += ours(args, rows, folder / f"run{turn}", args.steps)
            speeds["PyTorch"] += [theirs.step() for _ in range(args.steps)]
    for name, values in speeds.items():
        print(f"{name:8} rows a second: best {max(values):6.1f}, median {statistics.median(values):6.1f}")
    for name, pick in [("best", max), ("median", statistics.median)]:
        print(f"agff : PyTorch by the {name} step: {pick(speeds['agff']) / pick(speeds['PyTorch']):.2f}")


main()
