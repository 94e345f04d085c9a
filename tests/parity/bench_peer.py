"""A peer of `make bench-models` natively: embeds what it is asked for and says how long that took.

    python bench_peer.py torch|onnx MODEL DTYPE THREADS [--photo PACKAGE]

It is asked and answers as examples/models.rs. MODEL is a folder of bench_checkpoints.py or bench_onnx.py; PACKAGE is the model `photo` in f32, for PyTorch, whose
weights are always f32. Pictures are square for Qwen3-VL. They are decoded by Pillow and resized by `transformers`.
"""

import argparse
import io
import os
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from transformers import AutoImageProcessor, CLIPModel, Qwen3VLForConditionalGeneration, SiglipModel
from transformers.utils import logging

import bench_photo
import bench_qwen

logging.set_verbosity_error()
logging.disable_progress_bar()


def torch_towers(args):
    """Functions that make vectors of what the image processor gives, and of words."""
    name, encode = args.model.name, tokens(args)
    if name == "photo":
        _, pictures, texts = bench_photo.load(args.photo)
        return (lambda image: pictures(image["pixel_values"])), (lambda words: texts(encode(words)))
    model_class = {"siglip": SiglipModel, "clip": CLIPModel}.get(name, Qwen3VLForConditionalGeneration)
    model = model_class.from_pretrained(args.model, attn_implementation="sdpa").eval()
    if model_class is Qwen3VLForConditionalGeneration:
        return qwen_towers(model.model, encode)
    return (
        lambda image: model.get_image_features(pixel_values=image["pixel_values"]).pooler_output,
        lambda words: model.get_text_features(input_ids=encode(words)).pooler_output,
    )


def qwen_towers(model, encode):
    image_id = model.config.image_token_id
    bench_qwen.product(model.visual.patch_embed)

    def vector(words, **image):
        ids = encode(words)
        model.rope_deltas = None
        kinds = {"mm_token_type_ids": (ids == image_id).int()} if image else {}
        return model(input_ids=ids, use_cache=False, **kinds, **image).last_hidden_state[:, -1]

    def picture(image):
        return vector(bench_qwen.picture(16 * int(image["image_grid_thw"][0, 1])), **image)

    return picture, vector


def onnx_towers(args):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads

    def tower(name):
        suffix = "" if args.dtype == "f32" else "_quantized"
        file = args.model / "onnx" / f"{name}_model{suffix}.onnx"
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        given = session.get_inputs()[0].name
        return lambda x: session.run(None, {given: x.numpy()})[0]

    encode, vision, text = tokens(args), tower("vision"), tower("text")
    return (lambda image: vision(image["pixel_values"])), (lambda words: text(encode(words)))


def tokens(args):
    """A function of words that gives ids."""
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    tokenizer.no_padding()
    if args.model.name == "siglip":
        tokenizer.enable_padding(length=64, pad_id=0, pad_token="<pad>")
        tokenizer.enable_truncation(64)

    def prompted(words):
        if args.model.name == "photo":
            # The prompt of the package, and what it leaves out of a query.
            return f"a photo of a {words.removeprefix('a ').removeprefix('an ')}"
        return bench_qwen.prompt(words) if args.model.name.startswith("qwen") else words

    def encode(words):
        return torch.tensor([tokenizer.encode(prompted(words)).ids])

    return encode


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["torch", "onnx"])
    parser.add_argument("model", type=Path)
    parser.add_argument("dtype")
    parser.add_argument("threads", type=int)
    parser.add_argument("--photo", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    vision, text = (torch_towers if args.kind == "torch" else onnx_towers)(args)
    processor = AutoImageProcessor.from_pretrained(args.model)
    print("ready", flush=True)
    while line := input_line():
        verb, argument = line.split(" ", 1)
        data = Path(argument).read_bytes() if verb == "photo" else argument
        start = time.perf_counter()
        if verb == "photo":
            image = Image.open(io.BytesIO(data)).convert("RGB")
            vector = vision(processor(images=image, return_tensors="pt"))
        else:
            vector = text(data)
        values = np.asarray(vector[0])
        milliseconds = 1e3 * (time.perf_counter() - start)
        print(milliseconds, *values.tolist(), flush=True)


def input_line() -> str:
    try:
        return input()
    except EOFError:
        return ""


main()
