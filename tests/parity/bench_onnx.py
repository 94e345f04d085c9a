"""Exports the models of `make bench-models` to ONNX, in f32 and with weights of 8 bits.

    python bench_onnx.py OUT [--photo PACKAGE] [--only siglip,clip,…]

What OUT has is made by bench_checkpoints.py; PACKAGE is the model `photo` in f32. Qwen3-VL is exported for pictures of
one size, the largest square that its settings allow. Each folder of OUT gets `onnx/{vision,text}_model.onnx` and
`…_quantized.onnx`, where transformers.js looks for them. The quantised ones are made as transformers.js makes its own:
dynamically, with weights as QInt8, or as QUInt8 where there is a convolution, which the browser's runtime has for those
only. What is there already is left as it is.
"""

import argparse
import json
import logging
import math
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from transformers import (
    CLIPTextModelWithProjection, CLIPVisionModelWithProjection, Qwen3VLForConditionalGeneration, SiglipTextModel,
    SiglipVisionModel,
)
from transformers.utils import logging as transformers_logging

import bench_photo
import bench_qwen

# Each tower leaves the other's weights unread, and says so weight by weight.
transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()
# Quantising advises to shape the graph first; transformers.js does not either.
logging.getLogger().setLevel(logging.ERROR)
OPSET = 18


class Output(torch.nn.Module):
    """A model with one input and the one output that is compared."""

    def __init__(self, model_class, folder: Path, name: str):
        super().__init__()
        self.model, self.name = model_class.from_pretrained(folder, attn_implementation="eager"), name

    def forward(self, x):
        return self.model(x)[self.name]


def siglip(out: Path, _) -> list:
    towers = [Output(of, out / "siglip", "pooler_output") for of in (SiglipVisionModel, SiglipTextModel)]
    return [(towers[0], pixels(224), "pooler_output"), (towers[1], ids(64), "pooler_output")]


def clip(out: Path, _) -> list:
    vision = Output(CLIPVisionModelWithProjection, out / "clip", "image_embeds")
    text = Output(CLIPTextModelWithProjection, out / "clip", "text_embeds")
    return [(vision, pixels(224), "image_embeds"), (text, ids(any_length=True), "text_embeds")]


def photo(out: Path, package: Path) -> list:
    bench_photo.write(out / "photo", package)
    manifest, pictures, texts = bench_photo.load(package)
    side = manifest["config"]["vision"]["image_size"]
    return [(pictures, pixels(side), "pooler_output"), (texts, ids(any_length=True), "pooler_output")]


def pixels(side: int):
    return "pixel_values", torch.zeros(2, 3, side, side), {0: "batch"}


def ids(length: int = 23, any_length: bool = False):
    return "input_ids", torch.ones(2, length, dtype=torch.int64), {0: "batch", **({1: "length"} if any_length else {})}


def qwen(folder: Path) -> list:
    size = json.loads((folder / "preprocessor_config.json").read_text())["size"]
    side = math.isqrt(size["longest_edge"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids_of = torch.tensor([tokenizer.encode(bench_qwen.prompt(bench_qwen.picture(side))).ids])
    model = Qwen3VLForConditionalGeneration.from_pretrained(folder, attn_implementation="eager").eval().model
    texts, pictures = bench_qwen.Texts(model), bench_qwen.Pictures(model, ids_of, side)
    patches = ("pixel_values", torch.zeros((side // 16) ** 2, 3 * 2 * 16 * 16), {})
    words = ("input_ids", torch.ones(1, 23, dtype=torch.int64), {1: "length"})
    return [(pictures, patches, "pooler_output"), (texts, words, "pooler_output")]


MODELS = {
    "siglip": siglip, "clip": clip, "photo": photo,
    "qwen-nano": lambda out, _: qwen(out / "qwen-nano"), "qwen-slice": lambda out, _: qwen(out / "qwen-slice"),
}


def export(file: Path, model, given: tuple, output: str) -> None:
    name, example, axes = given
    torch.onnx.export(
        model.eval(), (example,), file, input_names=[name], output_names=[output], opset_version=OPSET, dynamo=True,
        dynamic_shapes=({axis: torch.export.Dim(of) for axis, of in axes.items()},), external_data=False, verbose=False,
    )
    convolution = any(node.op_type == "Conv" for node in onnx.load(file).graph.node)
    quantized = file.with_name(f"{file.stem}_quantized.onnx")
    quantize_dynamic(file, quantized, weight_type=QuantType.QUInt8 if convolution else QuantType.QInt8)


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--only", default=",".join(MODELS))
    args = parser.parse_args()
    for name in args.only.split(","):
        folder = args.out / name / "onnx"
        if (folder / "text_model_quantized.onnx").exists():
            continue
        towers = MODELS[name](args.out, args.photo)
        folder.mkdir(exist_ok=True)
        for tower, (model, given, output) in zip(("vision", "text"), towers):
            export(folder / f"{tower}_model.onnx", model, given, output)
        print(f"exported {folder}", flush=True)


main()
