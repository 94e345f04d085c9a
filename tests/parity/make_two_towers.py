"""Makes the golden cases of the families `siglip`, `clip` and `chinese_clip`: small random models, run by
`transformers`, and adapters made by PEFT.

    python make_two_towers.py            writes golden/siglip-*, golden/clip-* and golden/chinese-clip-* anew
    python make_two_towers.py --check    makes them in a temporary folder and compares every byte

The tokenizers are small ones of the families' build: Gemma's BPE in lower case, CLIP's byte-level BPE, and BERT's
WordPiece.
"""

import argparse
import filecmp
import json
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    ChineseCLIPConfig, ChineseCLIPImageProcessor, ChineseCLIPModel, CLIPConfig, CLIPImageProcessor, CLIPModel,
    PreTrainedTokenizerFast, SiglipConfig, SiglipImageProcessor, SiglipModel,
)

import golden_images
import golden_tokenizer
import golden_weights
from make_towers import TEXTS, build_tokenizer

HERE = Path(__file__).resolve().parent
IMAGES = HERE / "golden" / "images"
TEXTS = {name: text for name, text in TEXTS.items() if name != "special"} | {
    "spelled": "one <eos> two <pad> three <|endoftext|> four",
    "blanks": "two  blanks and   three",
}
# Not cropped by any case, so that a third of the picture is a third of what the model sees.
WITH_REGIONS = ["square.png"]
PICTURES = ["square.png", "photo.png", "wide.png", "tall.png", "tiny.png", "edges.png", "photo-420.jpg"]


def tower(hidden, wide, layers, heads, act, eps):
    return {
        "hidden_size": hidden, "intermediate_size": wide, "num_hidden_layers": layers, "num_attention_heads": heads,
        "hidden_act": act, "layer_norm_eps": eps,
    }


TANH, QUICK = "gelu_pytorch_tanh", "quick_gelu"
# What each case has that others have not. `long` ones are run in Chromium by `make test-long` only.
SIGLIP = {
    # SigLIP 2: bilinear, 64 positions, lower case added by the class and not by the file
    "siglip-2": {
        "vision": tower(64, 160, 3, 4, TANH, 1e-6) | {"image_size": 64, "patch_size": 16},
        "text": tower(64, 144, 3, 4, TANH, 1e-6) | {"max_position_embeddings": 64},
        "resample": 2, "lower_in_file": False,
    },
    # towers of different width, patch 14, heads of 12, an odd MLP, few positions, bicubic
    "siglip-narrow": {
        "vision": tower(72, 173, 2, 6, TANH, 1e-6) | {"image_size": 56, "patch_size": 14},
        "text": tower(48, 100, 2, 4, TANH, 1e-6) | {"max_position_embeddings": 16, "projection_size": 72},
        "resample": 3, "lower_in_file": True, "long": True,
    },
    # pixels at the edge that are no whole patch; exact GELU; another epsilon
    "siglip-rest": {
        "vision": tower(40, 64, 2, 5, "gelu", 1e-5) | {"image_size": 60, "patch_size": 16},
        "text": tower(40, 64, 2, 2, "gelu", 1e-5) | {"max_position_embeddings": 32},
        "resample": 2, "lower_in_file": True, "long": True,
    },
    # one layer; padding on the left, as the tokenizer's file may ask for; mean and deviation of its own
    "siglip-left": {
        "vision": tower(64, 128, 1, 2, TANH, 1e-6) | {"image_size": 48, "patch_size": 8},
        "text": tower(64, 128, 1, 8, TANH, 1e-6) | {"max_position_embeddings": 24},
        "resample": 3, "lower_in_file": True, "padding_side": "left", "long": True,
        "mean": [0.48, 0.5, 0.41], "std": [0.25, 0.5, 0.3],
    },
    # deep and narrow, one head
    "siglip-deep": {
        "vision": tower(24, 48, 8, 1, TANH, 1e-6) | {"image_size": 70, "patch_size": 10},
        "text": tower(24, 48, 8, 1, TANH, 1e-6) | {"max_position_embeddings": 64},
        "resample": 2, "lower_in_file": True, "long": True,
    },
}
CLIP = {
    # OpenAI's: quick GELU, patch 32, the old id of the end, sizes as numbers
    "clip-openai": {
        "vision": tower(64, 256, 3, 4, QUICK, 1e-5) | {"image_size": 96, "patch_size": 32},
        "text": tower(48, 192, 3, 4, QUICK, 1e-5) | {"max_position_embeddings": 77},
        "projection_dim": 32, "old_end": True, "size": 96, "crop_size": 96,
    },
    # LAION's: exact GELU, larger patches' grid, sizes as objects
    "clip-laion": {
        "vision": tower(80, 200, 2, 5, "gelu", 1e-5) | {"image_size": 64, "patch_size": 8},
        "text": tower(64, 128, 2, 8, "gelu", 1e-5) | {"max_position_embeddings": 77},
        "projection_dim": 40, "old_end": False, "size": {"shortest_edge": 64}, "crop_size": {"height": 64, "width": 64},
        "long": True,
    },
    # a crop that is smaller than the short side; pixels that are no whole patch
    "clip-crop": {
        "vision": tower(32, 96, 2, 2, QUICK, 1e-5) | {"image_size": 50, "patch_size": 14},
        "text": tower(32, 96, 2, 2, QUICK, 1e-5) | {"max_position_embeddings": 20},
        "projection_dim": 24, "old_end": False, "size": {"shortest_edge": 64}, "crop_size": {"height": 50, "width": 50},
        "long": True,
    },
    # pictures squashed, as some fine-tuned models have them; wider outside than inside
    "clip-squash": {
        "vision": tower(48, 64, 4, 3, QUICK, 1e-6) | {"image_size": 40, "patch_size": 8},
        "text": tower(24, 80, 4, 1, QUICK, 1e-6) | {"max_position_embeddings": 40},
        "projection_dim": 96, "old_end": False, "size": {"height": 40, "width": 40}, "crop_size": None, "long": True,
    },
    # a crop that is larger than the picture is brought to: black around it
    "clip-border": {
        "vision": tower(32, 64, 1, 4, "gelu", 1e-5) | {"image_size": 64, "patch_size": 16},
        "text": tower(32, 64, 1, 4, "gelu", 1e-5) | {"max_position_embeddings": 77},
        "projection_dim": 32, "old_end": True, "size": {"shortest_edge": 40}, "crop_size": {"height": 64, "width": 64},
        "long": True,
    },
}
CHINESE = {
    # as published: squashed, quick GELU
    "chinese-clip-squash": {
        "vision": tower(64, 128, 3, 4, QUICK, 1e-5) | {"image_size": 64, "patch_size": 16},
        "text": tower(48, 96, 3, 4, "gelu", 1e-12) | {"max_position_embeddings": 64, "type_vocab_size": 2},
        "projection_dim": 32, "size": {"height": 64, "width": 64}, "crop_size": None,
    },
    # the class's defaults: cropped; towers of different depth, an odd MLP
    "chinese-clip-crop": {
        "vision": tower(40, 90, 2, 5, QUICK, 1e-5) | {"image_size": 42, "patch_size": 14},
        "text": tower(72, 101, 1, 6, "gelu", 1e-12) | {"max_position_embeddings": 80, "type_vocab_size": 2},
        "projection_dim": 48, "size": {"shortest_edge": 42}, "crop_size": {"height": 42, "width": 42}, "long": True,
    },
    # few positions; exact GELU; one token type; wider outside than inside
    "chinese-clip-short": {
        "vision": tower(32, 64, 1, 2, "gelu", 1e-6) | {"image_size": 48, "patch_size": 8},
        "text": tower(32, 48, 4, 1, "gelu", 1e-6) | {"max_position_embeddings": 24, "type_vocab_size": 1},
        "projection_dim": 80, "size": {"shortest_edge": 48}, "crop_size": {"height": 48, "width": 48}, "long": True,
    },
}
# Longest text in tokens that Chinese-CLIP was trained with.
CHINESE_TOKENS = 52
# Of PEFT: the parts that an adapter changes, by the case of its model.
ADAPTERS = {
    "clip-openai": {
        "r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj", "fc1", "visual_projection", "text_projection"],
    },
    "siglip-2": {"r": 3, "lora_alpha": 5, "use_rslora": True, "target_modules": r".*\.(k_proj|self_attn.out_proj|fc2|text_model.head)"},
}


# --- tokenizers ----------------------------------------------------------------------------------

def trained(tokens: int, alphabet: list[str], text: str, pre, suffix: str | None = None) -> dict:
    """Vocabulary and merges of a small BPE."""
    ending = {} if suffix is None else {"end_of_word_suffix": suffix}
    tokenizer = Tokenizer(models.BPE(**ending))
    tokenizer.pre_tokenizer = pre
    trainer = trainers.BpeTrainer(
        vocab_size=tokens, min_frequency=2, show_progress=False, initial_alphabet=alphabet, **ending,
    )
    tokenizer.train_from_iterator(text.splitlines(keepends=True), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    order = sorted(model["vocab"], key=model["vocab"].get)
    return {"tokens": order, "merges": [tuple(merge) for merge in model["merges"]]}


def gemma(lower: bool) -> Tokenizer:
    """Gemma's build: spaces as ▁, no words, bytes for what is not known; `<eos>` at the end."""
    text = golden_tokenizer.TEXT.lower().replace(" ", "▁")
    bpe = trained(420, [], text, pre_tokenizers.Split(Regex("▁?[^▁\n]+"), "isolated"))
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    tokens = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *bpe["tokens"]]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(
        vocab=vocabulary, merges=bpe["merges"], unk_token="<unk>", fuse_unk=True, byte_fallback=True,
    ))
    own = normalizers.Replace(" ", "▁")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), own]) if lower else own
    tokenizer.pre_tokenizer = pre_tokenizers.Split(pattern=" ", behavior="merged_with_previous", invert=False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <eos>", pair="$A <eos> $B <eos>", special_tokens=[("<eos>", vocabulary["<eos>"])],
    )
    return tokenizer


def clip_bpe(case: str) -> Tokenizer:
    """CLIP's build: lower case, words with their end marked, the two ends last. The kept one is taken where there is
    one: training breaks ties in another way in every run."""
    kept = HERE / "golden" / case / "tokenizer.json"
    if kept.exists():
        return Tokenizer.from_file(str(kept))
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    pre = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bpe = trained(700, letters, golden_tokenizer.TEXT.lower(), pre, "</w>")
    ends = ["<|startoftext|>", "<|endoftext|>"]
    tokens = list(dict.fromkeys([*letters, *(f"{letter}</w>" for letter in letters), *bpe["tokens"], *ends]))
    vocabulary = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(
        vocab=vocabulary, merges=bpe["merges"], continuing_subword_prefix="", end_of_word_suffix="</w>",
        fuse_unk=False, unk_token=ends[1],
    ))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(ends)
    tokenizer.post_processor = processors.RobertaProcessing(
        (ends[1], vocabulary[ends[1]]), (ends[0], vocabulary[ends[0]]), False, False
    )
    return tokenizer


# --- cases ---------------------------------------------------------------------------------------

def weighted(model, seed: str, gain: float) -> list:
    """Gives the model the rule's weights; the names and shapes of its tensors."""
    listed = []
    for name, tensor in sorted(model.state_dict().items()):
        if name.endswith("position_ids"):
            continue
        tensor.copy_(torch.from_numpy(golden_weights.tensor(seed, name, list(tensor.shape), gain)).reshape(tensor.shape))
        listed.append([name, list(tensor.shape) or [1]])
    return listed


def pixels(values: torch.Tensor, processor) -> np.ndarray:
    """The 8-bit pixels that normalised ones were made of."""
    mean, std = (torch.tensor(list(of)).reshape(3, 1, 1) for of in (processor.image_mean, processor.image_std))
    whole = (values * std + mean) * 255
    assert (whole - whole.round()).abs().max() < 1e-2
    return whole.round().to(torch.uint8).permute(1, 2, 0).numpy()


def regions(model, values: torch.Tensor, config):
    """The vectors of the cells of a 3 x 3 grid, row by row: those whose middle lies in a third of the picture."""
    vision, side = model.vision_model, config.image_size // config.patch_size
    middles = (torch.arange(side) + 0.5) * config.patch_size / config.image_size
    third = lambda i: [c for c in range(side) if i / 3 - 1e-6 <= middles[c] < (i + 1) / 3 - 1e-6]
    states = vision(pixel_values=values, output_hidden_states=True).hidden_states
    for row in range(3):
        for column in range(3):
            cells = [y * side + x for y in third(row) for x in third(column)]
            if hasattr(vision, "head"):  # SigLIP: the head looks at these patches only
                seen = vision.post_layernorm(states[-1])[:, cells]
                yield vision.head(seen)[0]
            else:  # CLIP: in the last block the class token sees itself and these patches only
                mask = torch.full((1, 1, 1 + side * side, 1 + side * side), float("-inf"))
                mask[..., [0] + [1 + cell for cell in cells]] = 0
                last = vision.encoder.layers[-1](states[-2], attention_mask=mask)
                yield vision.post_layernorm(last[0] if last.dim() == 3 else last)[0]


def adapter(folder: Path, model, seed: str, settings: dict, ids: list[int], picture: torch.Tensor) -> None:
    """An adapter as PEFT saves it, and the vectors of the model with the adapter merged into it."""
    peft = get_peft_model(model, LoraConfig(bias="none", **settings)).eval()
    for name, tensor in peft.state_dict().items():
        if "lora_" in name:
            tensor.copy_(torch.from_numpy(golden_weights.tensor(seed, name, list(tensor.shape), 0.5)))
    with tempfile.TemporaryDirectory() as saved:
        peft.save_pretrained(saved)
        for file in ("adapter_config.json", "adapter_model.safetensors"):
            shutil.copy(Path(saved) / file, folder / file)
    config = json.loads((folder / "adapter_config.json").read_text())
    # A set has another order in every run.
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")
    merged = peft.merge_and_unload()
    vectors = {
        "text": merged.get_text_features(input_ids=torch.tensor([ids])).pooler_output[0],
        "picture": merged.get_image_features(pixel_values=picture).pooler_output[0],
    }
    save_file({name: F.normalize(v, dim=0) for name, v in vectors.items()}, str(folder / "expected.safetensors"))


def write(folder: Path, name: str, case: dict, config, model, processor, tokenizer, encode) -> None:
    seed, gain = name, 1.4
    listed = weighted(model, seed, gain)
    expected, inputs = {}, []
    blank = {"text": None, "image": None, "instruction": None, "max_tokens": None}
    for key, text in TEXTS.items():
        ids, read, whole = encode(text)
        states = model.get_text_features(input_ids=torch.tensor([ids])).pooler_output[0]
        expected[f"{key}.embedding"] = F.normalize(states, dim=0)
        inputs.append(blank | {"id": key, "text": text, "ids": read, "tokens": len(read), "whole_tokens": whole})
    for file in PICTURES:
        key = Path(file).stem
        values = processor(images=golden_images.load(IMAGES / file), return_tensors="pt")["pixel_values"]
        states = model.get_image_features(pixel_values=values).pooler_output[0]
        expected[f"{key}.embedding"] = F.normalize(states, dim=0)
        if file in WITH_REGIONS:
            vectors = [model.visual_projection(v) if hasattr(model, "visual_projection") else v
                       for v in regions(model, values, config.vision_config)]
            expected[f"{key}.regions"] = F.normalize(torch.stack(vectors), dim=1)
        Image.fromarray(pixels(values[0], processor)).save(folder / f"{key}.png", optimize=True)
        side = config.vision_config.image_size // config.vision_config.patch_size
        patch = config.vision_config.patch_size
        cut = values[0][:, :side * patch, :side * patch].reshape(3, side, patch, side, patch)
        cut = cut.permute(1, 3, 0, 2, 4).reshape(side * side, -1)
        at = [(row, column) for row in (0, side * side // 2, side * side - 1) for column in (0, cut.shape[1] - 1)]
        inputs.append(blank | {
            "id": key, "image": file, "ids": [], "tokens": 0, "whole_tokens": 0, "grid": [1, side, side],
            "patches": side * side, "resized": f"{name}/{key}.png",
            "patch_probes": [[row, column, float(cut[row, column])] for row, column in at],
        })
    save_file(expected, str(folder / "expected.safetensors"))
    if tokenizer is not None:
        tokenizer.save(str(folder / "tokenizer.json"))
    probabilities = []
    if hasattr(model, "logit_bias"):
        texts = torch.tensor([encode(text)[0] for text in TEXTS.values()])
        values = processor(images=golden_images.load(IMAGES / PICTURES[0]), return_tensors="pt")["pixel_values"]
        sigmoid = model(input_ids=texts, pixel_values=values).logits_per_image.sigmoid()[0]
        probabilities = [[key, Path(PICTURES[0]).stem, float(p)] for key, p in zip(TEXTS, sigmoid)]
    (folder / "case.json").write_text(json.dumps({
        "case": name, "seed": seed, "gain": gain, "dtype": "f32", "names": "official", "long": case.get("long", False),
        **({"probabilities": probabilities} if probabilities else {}),
        "shards": [{"file": "model.safetensors", "tensors": listed}], "inputs": inputs,
    }, indent=1) + "\n")
    if name in ADAPTERS:
        (folder / "adapter").mkdir()
        picture = processor(images=golden_images.load(IMAGES / PICTURES[0]), return_tensors="pt")["pixel_values"]
        adapter(folder / "adapter", model, name, ADAPTERS[name], encode(TEXTS["sentence"])[0], picture)


def config_json(folder: Path, model_type: str, case: dict, more: dict) -> None:
    (folder / "config.json").write_text(json.dumps({
        "model_type": model_type, "vision_config": case["vision"], "text_config": case["text"] | more.pop("text", {}), **more,
    }, indent=1) + "\n")


def make_siglip(folder: Path, name: str, case: dict) -> None:
    tokenizer = gemma(case["lower_in_file"])
    vocabulary = {"vocab_size": tokenizer.get_vocab_size()}
    config = SiglipConfig(
        vision_config=case["vision"], text_config=case["text"] | vocabulary, attn_implementation="eager",
    )
    model = SiglipModel._from_config(config, attn_implementation="eager").eval()
    size = case["vision"]["image_size"]
    processor = SiglipImageProcessor(
        size={"height": size, "width": size}, resample=case["resample"],
        image_mean=case.get("mean", [0.5] * 3), image_std=case.get("std", [0.5] * 3),
    )
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": list(processor.image_mean),
        "image_std": list(processor.image_std), "resample": case["resample"], "rescale_factor": 1 / 255,
        "size": {"height": size, "width": size},
    }, indent=1) + "\n")
    side = case.get("padding_side", "right")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "GemmaTokenizer", "pad_token": "<pad>", "eos_token": "<eos>", "padding_side": side,
    }, indent=1) + "\n")
    config_json(folder, "siglip", case, {"text": vocabulary})
    most = case["text"]["max_position_embeddings"]
    reference = PreTrainedTokenizerFast(
        tokenizer_object=gemma(True), eos_token="<eos>", pad_token="<pad>", unk_token="<unk>", padding_side=side,
    )

    def encode(text: str):
        ids = reference(text, padding="max_length", max_length=most, truncation=True)["input_ids"]
        return ids, ids, max(most, len(reference(text)["input_ids"]))

    write(folder, name, case, config, model, processor, tokenizer, encode)


def make_clip(folder: Path, name: str, case: dict) -> None:
    tokenizer = clip_bpe(name)
    end = tokenizer.token_to_id("<|endoftext|>")
    ids_of = {
        "vocab_size": tokenizer.get_vocab_size(), "bos_token_id": end - 1, "eos_token_id": 2 if case["old_end"] else end,
    }
    config = CLIPConfig(
        vision_config=case["vision"], text_config=case["text"] | ids_of, projection_dim=case["projection_dim"],
    )
    model = CLIPModel._from_config(config, attn_implementation="eager").eval()
    crop = case["crop_size"]
    processor = CLIPImageProcessor(
        size={"shortest_edge": case["size"]} if isinstance(case["size"], int) else case["size"],
        do_center_crop=crop is not None,
        **({} if crop is None else {"crop_size": {"height": crop, "width": crop} if isinstance(crop, int) else crop}),
    )
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "do_center_crop": crop is not None, "do_normalize": True, "do_resize": True, "resample": 3,
        "image_mean": list(processor.image_mean), "image_std": list(processor.image_std), "size": case["size"],
        **({} if crop is None else {"crop_size": crop}),
    }, indent=1) + "\n")
    config_json(folder, "clip", case, {"text": ids_of, "projection_dim": case["projection_dim"]})
    most = case["text"]["max_position_embeddings"]
    reference = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|endoftext|>", bos_token="<|startoftext|>", pad_token="<|endoftext|>",
        unk_token="<|endoftext|>",
    )

    def encode(text: str):
        ids = reference(text, padding="max_length", max_length=most, truncation=True)["input_ids"]
        whole = reference(text)["input_ids"]
        # What comes after the first end is not read.
        return ids, ids[:ids.index(end) + 1], len(whole) if len(whole) > most else len(whole[:whole.index(end) + 1])

    write(folder, name, case, config, model, processor, tokenizer, encode)


def make_chinese_clip(folder: Path, name: str, case: dict) -> None:
    reference = build_tokenizer(folder)
    vocabulary = {"vocab_size": len(reference)}
    config = ChineseCLIPConfig(
        vision_config=case["vision"], text_config=case["text"] | vocabulary, projection_dim=case["projection_dim"],
    )
    model = ChineseCLIPModel._from_config(config, attn_implementation="eager").eval()
    crop = case["crop_size"]
    processor = ChineseCLIPImageProcessor(
        size=case["size"], do_center_crop=crop is not None, **({} if crop is None else {"crop_size": crop}),
    )
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "do_center_crop": crop is not None, "do_normalize": True, "do_resize": True, "resample": 3,
        "feature_extractor_type": "ChineseCLIPFeatureExtractor", "image_mean": list(processor.image_mean),
        "image_std": list(processor.image_std), "size": case["size"], **({} if crop is None else {"crop_size": crop}),
    }, indent=1) + "\n")
    config_json(folder, "chinese_clip", case, {"text": vocabulary, "projection_dim": case["projection_dim"]})
    most = min(CHINESE_TOKENS, case["text"]["max_position_embeddings"])

    def encode(text: str):
        ids = reference(text, truncation=True, max_length=most)["input_ids"]
        return ids, ids, len(reference(text)["input_ids"])

    write(folder, name, case, config, model, processor, None, encode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch, torch.no_grad():
        for make, cases in ((make_siglip, SIGLIP), (make_clip, CLIP), (make_chinese_clip, CHINESE)):
            for name, case in cases.items():
                made, kept = Path(scratch) / name, HERE / "golden" / name
                made.mkdir()
                make(made, name, case)
                if check:
                    names = sorted(str(path.relative_to(made)) for path in made.rglob("*") if path.is_file())
                    _, differ, missing = filecmp.cmpfiles(made, kept, names, shallow=False)
                    assert not differ and not missing, f"{name}: {differ} differ, {missing} are missing"
                else:
                    shutil.rmtree(kept, ignore_errors=True)
                    shutil.copytree(made, kept)
                print(f"{name}: {'equal' if check else 'written'}")


if __name__ == "__main__":
    main()
