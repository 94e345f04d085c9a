"""Makes the golden cases of `tests/parity/golden` from Hugging Face `transformers`.

    python make_golden.py            writes every case anew
    python make_golden.py --check    makes them in a temporary folder and compares every byte

README.md tells what is in the files.
"""

import argparse
import filecmp
import json
import os
import shutil
import sys
import tempfile
import unicodedata
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import AutoConfig, AutoTokenizer, Qwen2VLImageProcessor, Qwen3VLForConditionalGeneration
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor
from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor

import golden_images
import golden_resize
import golden_tokenizer
import golden_weights
from golden_cases import CASES

HERE = Path(__file__).resolve().parent
DEFAULT_INSTRUCTION = "Represent the user's input."


def dump(path: Path, value, indent=1) -> None:
    """JSON with lists of numbers on one line each."""
    path.write_text(render(value, indent) + "\n")


def render(value, indent, depth=0) -> str:
    flat = json.dumps(value, ensure_ascii=True)
    nested = isinstance(value, (dict, list)) and any(isinstance(v, (dict, list)) for v in (
        value.values() if isinstance(value, dict) else value))
    if not isinstance(value, (dict, list)) or not value or (isinstance(value, list) and not nested) or len(flat) < 100:
        return flat
    pad, end = " " * indent * (depth + 1), " " * indent * depth
    if isinstance(value, dict):
        rows = [f"{pad}{json.dumps(k)}: {render(v, indent, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{end}}}"
    return "[\n" + ",\n".join(pad + render(v, indent, depth + 1) for v in value) + f"\n{end}]"


# --- what a checkpoint folder holds -----------------------------------------------------------


def write_config(folder: Path, case: dict, ids: dict) -> None:
    config = {
        "architectures": ["Qwen3VLForConditionalGeneration"],
        "image_token_id": ids["<|image_pad|>"],
        "model_type": "qwen3_vl",
        "text_config": {**case["text"], "tie_word_embeddings": case["tie"]},
        "tie_word_embeddings": case["tie"],
        "transformers_version": "4.57.1",
        "video_token_id": ids["<|video_pad|>"],
        "vision_config": case["vision"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
    }
    dump(folder / "config.json", config)
    vision = case["vision"]
    dump(folder / "preprocessor_config.json", {
        **case["image"],
        "do_rescale": True, "do_normalize": True, "do_resize": True, "resample": 3, "rescale_factor": 1 / 255,
        "patch_size": vision["patch_size"], "temporal_patch_size": vision["temporal_patch_size"],
        "merge_size": vision["spatial_merge_size"],
        "processor_class": "Qwen3VLProcessor", "image_processor_type": "Qwen2VLImageProcessorFast",
    })


def checkpoint_tensors(folder: Path, tie: bool) -> list:
    """Names and shapes of the checkpoint, as the model class itself has them."""
    with torch.device("meta"):
        model = Qwen3VLForConditionalGeneration(AutoConfig.from_pretrained(folder))
    state = sorted((name, list(value.shape)) for name, value in model.state_dict().items())
    return [row for row in state if not (tie and row[0] == "lm_head.weight")]


def split_shards(tensors: list, count: int) -> list:
    """`count` shards of about the same number of values, named as Hugging Face names them."""
    if count == 1:
        return [{"file": "model.safetensors", "tensors": tensors}]
    total = sum(int(np.prod(shape)) for _, shape in tensors)
    shards, done = [[] for _ in range(count)], 0
    for name, shape in tensors:
        shards[min(count - 1, done * count // total)].append([name, shape])
        done += int(np.prod(shape))
    return [{"file": f"model-{i + 1:05}-of-{count:05}.safetensors", "tensors": s} for i, s in enumerate(shards)]


def write_checkpoint(source: Path, target: Path, case: dict, shards: list) -> None:
    """A complete checkpoint folder with generated weights; `from_pretrained` reads it like any other."""
    for name in ("config.json", "preprocessor_config.json"):
        shutil.copy(source / name, target / name)
    dtype = torch.bfloat16 if case["dtype"] == "bf16" else torch.float32
    for shard in shards:
        values = {}
        for name, shape in shard["tensors"]:
            array = golden_weights.tensor(case["seed"], name, shape, case["gain"])
            stored = name.removeprefix("model.") if case["names"] == "bare" else name
            values[stored] = torch.from_numpy(array).to(dtype)
        save_file(values, target / shard["file"], metadata={"format": "pt"})
    if len(shards) > 1:
        shutil.copy(source / "model.safetensors.index.json", target)


# --- the reference ----------------------------------------------------------------------------


class Reference:
    """One case's model, image processor and tokenizer, all of `transformers`."""

    def __init__(self, folder: Path, tokenizer_folder: Path, names: str):
        cls = Qwen3VLForConditionalGeneration
        model, info = cls.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        assert not info["missing_keys"] and not info["unexpected_keys"], info
        self.model = model.model.eval()
        self.tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
        self.images = Qwen2VLImageProcessor.from_pretrained(folder)
        self.processor = Qwen3VLProcessor(self.images, self.tokenizer, Qwen3VLVideoProcessor())
        self.image_id = self.tokenizer.convert_tokens_to_ids("<|image_pad|>")

    def prompt(self, item: dict) -> str:
        """The embedding model's chat format."""
        instruction = (item.get("instruction") or "").strip()
        if instruction and not unicodedata.category(instruction[-1]).startswith("P"):
            instruction += "."
        text = item.get("text") or ""
        image = "<|vision_start|><|image_pad|><|vision_end|>" if item.get("image") else ""
        return (
            f"<|im_start|>system\n{instruction or DEFAULT_INSTRUCTION}<|im_end|>\n"
            f"<|im_start|>user\n{(image + text) or 'NULL'}<|im_end|>\n<|im_start|>assistant\n"
        )

    def truncate(self, ids: list, most: int) -> list:
        """Special tokens stay; of the others the first ones that fit."""
        if len(ids) <= most:
            return ids
        special = set(self.tokenizer.all_special_ids)
        room = most - sum(i in special for i in ids)
        kept = []
        for token in ids:
            if token in special:
                kept.append(token)
            elif room > 0:
                kept.append(token)
                room -= 1
        return kept

    @torch.no_grad()
    def run(self, item: dict, image: Image.Image | None) -> tuple[dict, dict]:
        """What case.json says of the input, and its tensors."""
        self.model.rope_deltas = None
        batch = self.processor(text=[self.prompt(item)], images=[image] if image else None, return_tensors="pt")
        whole = batch["input_ids"][0].tolist()
        ids = self.truncate(whole, item["max_tokens"]) if item.get("max_tokens") else whole
        said = {"ids": ids, "tokens": len(ids), "whole_tokens": len(whole)}
        inputs, tensors = {"input_ids": torch.tensor([ids])}, {}
        if image:
            pixels, grid = batch["pixel_values"], batch["image_grid_thw"]
            kinds = (inputs["input_ids"] == self.image_id).int()
            inputs.update(pixel_values=pixels, image_grid_thw=grid, mm_token_type_ids=kinds)
            positions, _ = self.model.get_rope_index(inputs["input_ids"], kinds, image_grid_thw=grid)
            features = self.model.get_image_features(pixels, grid, return_dict=True)
            rows, columns = pixels.shape
            at = [(k * 2654435761 % rows, k * 40503 % columns) for k in range(1, 9)]
            said.update(
                grid=grid[0].tolist(), patches=rows, patch_values=columns, positions=positions[:, 0].tolist(),
                patch_probes=[[r, c, float(pixels[r, c])] for r, c in at],
            )
            tensors["patches"] = pixels
            tensors["vision"] = torch.cat(list(features.pooler_output))[:2].clone()
            for i, deep in enumerate(features.deepstack_features):
                tensors[f"deepstack.{i}"] = (torch.cat(list(deep)) if isinstance(deep, (list, tuple)) else deep)[:2].clone()
        hidden = self.model(**inputs).last_hidden_state[0, -1]
        tensors["embedding"] = torch.nn.functional.normalize(hidden, p=2, dim=-1)
        return said, tensors


def resized_pixels(patches: torch.Tensor, grid: list, processor) -> np.ndarray:
    """The u8 image that the processor cut into patches, put together again from the patches."""
    _, gh, gw = grid
    m, p, t = processor.merge_size, processor.patch_size, processor.temporal_patch_size
    mean, std = torch.tensor(processor.image_mean), torch.tensor(processor.image_std)
    tiles = patches.reshape(gh // m, gw // m, m, m, 3, t, p, p)[:, :, :, :, :, 0]
    image = tiles.permute(0, 2, 5, 1, 3, 6, 4).reshape(gh * p, gw * p, 3)
    values = (image * std + mean) * 255.0
    pixels = values.round()
    assert (values - pixels).abs().max() < 1e-3
    return pixels.to(torch.uint8).numpy()


def make_case(golden: Path, case: dict, ids: dict) -> None:
    case = {"seed": case["case"], "gain": 1.0, "dtype": "f32", "names": "official", "shards": 1, **case}
    folder = golden / case["case"]
    folder.mkdir(parents=True)
    write_config(folder, case, ids)
    shards = split_shards(checkpoint_tensors(folder, case["tie"]), case["shards"])
    if len(shards) > 1:
        size = 2 if case["dtype"] == "bf16" else 4
        total = size * sum(int(np.prod(shape)) for s in shards for _, shape in s["tensors"])
        weight_map = {name: s["file"] for s in shards for name, _ in s["tensors"]}
        dump(folder / "model.safetensors.index.json", {
            "metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items())),
        })
    with tempfile.TemporaryDirectory() as scratch:
        write_checkpoint(folder, Path(scratch), case, shards)
        reference = Reference(Path(scratch), golden, case["names"])

    inputs, expected = [], {}
    for item in case["inputs"]:
        image = golden_images.load(golden / "images" / item["image"]) if item.get("image") else None
        said, tensors = reference.run(item, image)
        row = {"text": None, "image": None, "instruction": None, "max_tokens": None, **item}
        row = {"id": row.pop("id"), **row, **said}
        if image:
            row["source_size"] = list(image.size)
            pixels = resized_pixels(tensors["patches"], said["grid"], reference.images)
            row["resized_size"] = [pixels.shape[1], pixels.shape[0]]
            row["resized"] = f"resized/{item['image']}-{pixels.shape[1]}x{pixels.shape[0]}.png"
            save_resized(golden / row["resized"], pixels)
            if item["id"] not in case.get("whole_patches", []):
                del tensors["patches"]
        inputs.append(row)
        expected.update({f"{item['id']}.{k}": v.float().contiguous() for k, v in tensors.items()})
        assert all(torch.isfinite(v).all() for v in expected.values())
    save_file(expected, folder / "expected.safetensors")
    dump(folder / "case.json", {
        "case": case["case"], "seed": case["seed"], "gain": case["gain"], "dtype": case["dtype"],
        "names": case["names"], "special_ids": sorted(reference.tokenizer.all_special_ids),
        "shards": shards, "inputs": inputs,
    })


def save_resized(path: Path, pixels: np.ndarray) -> None:
    """One file for the same image at the same size; every case must agree on it."""
    path.parent.mkdir(exist_ok=True)
    if path.exists():
        assert (np.asarray(Image.open(path)) == pixels).all(), path
    else:
        Image.fromarray(pixels).save(path, optimize=True)


def make(golden: Path) -> None:
    torch.set_num_threads(2)
    tokenizer = golden_tokenizer.build(golden)
    ids = {t: tokenizer.token_to_id(t) for t in golden_tokenizer.SPECIAL}
    golden_weights.write_vectors(golden / "weights.json")
    golden_images.draw(golden / "images")
    for case in CASES:
        make_case(golden, case, ids)
        print("made", case["case"])
    golden_resize.write(golden)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed files instead of writing")
    check = parser.parse_args().check
    golden = HERE / "golden"
    if not check:
        shutil.rmtree(golden, ignore_errors=True)
        make(golden)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "golden"
        make(fresh)
        names = {p.relative_to(d) for d in (golden, fresh) for p in d.rglob("*") if p.is_file()}
        wrong = [
            n for n in sorted(names)
            if not ((golden / n).is_file() and (fresh / n).is_file() and filecmp.cmp(golden / n, fresh / n, False))
        ]
    for name in wrong:
        print("differs:", name)
    print(f"{len(names) - len(wrong)} of {len(names)} files are the same")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
