"""Makes the checkpoints of `make bench-models`: models of published shapes with random weights.

    python bench_checkpoints.py OUT [--words tokenizer.json] [--only siglip,clip,…]

OUT/siglip has the shape of SigLIP 2 base patch16-224, but 32 000 tokens in the place of 256 000; OUT/clip that of
CLIP ViT-B/32; OUT/qwen-nano that of agff-nano without its views; OUT/qwen-slice four layers of each of Qwen3-VL 2B's
two parts, with agff-nano's 4096 tokens. Each is a folder as a hub has it, which agff, `transformers` and (with its
`onnx` folder, made by bench_onnx.py) transformers.js read. `--words` is a tokenizer with a vocabulary of English words,
so that texts are as many tokens as they are with the published vocabularies. A folder that is there already is left as
it is.
"""

import argparse
import json
import os
import shutil
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    CLIPConfig, CLIPModel, Qwen3VLConfig, Qwen3VLForConditionalGeneration, SiglipConfig, SiglipModel,
)
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()

NANO = Path(__file__).resolve().parents[2] / "models" / "agff-nano"
SEED = 1
SIGLIP_TOKENS, CLIP_TOKENS = 32_000, 49_408


def trained(words: list[str], count: int, alphabet: list[str], **ending) -> tuple[list[str], list]:
    """The tokens, in their order, and the merges of a BPE over `words`."""
    tokenizer = Tokenizer(models.BPE(**ending))
    trainer = trainers.BpeTrainer(
        vocab_size=count, min_frequency=1, show_progress=False, initial_alphabet=alphabet, **ending,
    )
    tokenizer.train_from_iterator(words, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), [tuple(merge) for merge in model["merges"]]


def filled(tokens: list[str], count: int, last: list[str]) -> dict[str, int]:
    """A vocabulary of `count` tokens: those given, fillers that no text has, and the last ones."""
    tokens = list(dict.fromkeys(tokens))
    missing = count - len(tokens) - len(last)
    assert missing >= 0, f"{-missing} tokens too many"
    return {token: i for i, token in enumerate([*tokens, *(f"<unused{i}>" for i in range(missing)), *last])}


def gemma(words: list[str]) -> Tokenizer:
    """Gemma's build in lower case: spaces as ▁, bytes for what is not known, `<eos>` at the end."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    head = [*special, *(f"<0x{byte:02X}>" for byte in range(256))]
    tokens, merges = trained([f"▁{word}" for word in words], SIGLIP_TOKENS - len(head), [])
    vocabulary = filled([*head, *tokens], SIGLIP_TOKENS, [])
    tokenizer = Tokenizer(models.BPE(
        vocab=vocabulary, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True,
    ))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(pattern=" ", behavior="merged_with_previous", invert=False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <eos>", pair="$A <eos> $B <eos>", special_tokens=[("<eos>", vocabulary["<eos>"])],
    )
    return tokenizer


def clip_bpe(words: list[str]) -> Tokenizer:
    """CLIP's build: lower case, bytes as letters, words with their end marked, the two ends last."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    head = [*letters, *(f"{letter}</w>" for letter in letters)]
    ends = ["<|startoftext|>", "<|endoftext|>"]
    tokens, merges = trained(words, CLIP_TOKENS - len(head) - len(ends), letters, end_of_word_suffix="</w>")
    vocabulary = filled([*head, *tokens], CLIP_TOKENS, ends)
    tokenizer = Tokenizer(models.BPE(
        vocab=vocabulary, merges=merges, continuing_subword_prefix="", end_of_word_suffix="</w>", fuse_unk=False,
        unk_token=ends[1],
    ))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(ends)
    tokenizer.post_processor = processors.RobertaProcessing(
        (ends[1], vocabulary[ends[1]]), (ends[0], vocabulary[ends[0]]), False, False
    )
    return tokenizer


def siglip(words: list[str]) -> dict:
    tower = {
        "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
        "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6,
    }
    ids = {"vocab_size": SIGLIP_TOKENS, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}
    return {
        "class": SiglipModel,
        "config": SiglipConfig(
            vision_config=tower | {"image_size": 224, "patch_size": 16},
            text_config=tower | {"max_position_embeddings": 64, "projection_size": 768, **ids},
        ),
        "tokenizer": gemma(words),
        "tokenizer_config": {
            "tokenizer_class": "GemmaTokenizer", "pad_token": "<pad>", "eos_token": "<eos>", "padding_side": "right",
            "model_max_length": 64,
        },
        "preprocessor": {
            "image_processor_type": "SiglipImageProcessor", "do_resize": True, "resample": 2,
            "size": {"height": 224, "width": 224}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        },
    }


def clip(words: list[str]) -> dict:
    layers = {"num_hidden_layers": 12, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5}
    return {
        "class": CLIPModel,
        "config": CLIPConfig(
            vision_config=layers | {
                "hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "image_size": 224,
                "patch_size": 32,
            },
            text_config=layers | {
                "hidden_size": 512, "intermediate_size": 2048, "num_attention_heads": 8, "max_position_embeddings": 77,
                "vocab_size": CLIP_TOKENS, "bos_token_id": CLIP_TOKENS - 2, "eos_token_id": CLIP_TOKENS - 1,
            },
            projection_dim=512,
        ),
        "tokenizer": clip_bpe(words),
        "tokenizer_config": {
            "tokenizer_class": "CLIPTokenizer", "pad_token": "<|endoftext|>", "bos_token": "<|startoftext|>",
            "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "model_max_length": 77,
        },
        "preprocessor": {
            "image_processor_type": "CLIPImageProcessor", "do_resize": True, "resample": 3,
            "size": {"shortest_edge": 224}, "do_center_crop": True, "crop_size": {"height": 224, "width": 224},
            "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
        },
    }


def qwen(vision: dict, text: dict, pixels: list[int]) -> dict:
    tokenizer = Tokenizer.from_file(str(NANO / "tokenizer.json"))
    tie = {"tie_word_embeddings": True}
    ids = {f"{name}_token_id": tokenizer.token_to_id(f"<|{name}|>") for name in ("vision_start", "vision_end")}
    least, most = pixels
    return {
        "class": Qwen3VLForConditionalGeneration,
        "config": Qwen3VLConfig(
            vision_config={"patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2} | vision,
            text_config={"vocab_size": tokenizer.get_vocab_size(), "rms_norm_eps": 1e-6} | text | tie,
            image_token_id=tokenizer.token_to_id("<|image_pad|>"), **ids, **tie,
        ),
        "tokenizer": tokenizer,
        "tokenizer_config": {"tokenizer_class": "Qwen2Tokenizer"},
        "preprocessor": {
            "image_processor_type": "Qwen2VLImageProcessor", "do_resize": True, "resample": 3, "patch_size": 16,
            "merge_size": 2, "temporal_patch_size": 2, "size": {"shortest_edge": least, "longest_edge": most},
            "min_pixels": least, "max_pixels": most, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        },
    }


def rotary(theta: float, section: list[int]) -> dict:
    parameters = {"rope_type": "default", "mrope_interleaved": True, "mrope_section": section, "rope_theta": theta}
    return {"rope_parameters": parameters, "max_position_embeddings": 4096}


def qwen_nano(_) -> dict:
    return qwen(
        {
            "depth": 6, "hidden_size": 192, "intermediate_size": 576, "num_heads": 4, "out_hidden_size": 192,
            "num_position_embeddings": 256, "deepstack_visual_indexes": [3],
        },
        {
            "hidden_size": 192, "intermediate_size": 576, "num_hidden_layers": 4, "num_attention_heads": 6,
            "num_key_value_heads": 2, "head_dim": 32, **rotary(1e4, [6, 5, 5]),
        },
        [128 * 128, 160 * 160],
    )


def qwen_slice(_) -> dict:
    return qwen(
        {
            "depth": 4, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16, "out_hidden_size": 2048,
            "num_position_embeddings": 2304, "deepstack_visual_indexes": [1, 2, 3],
        },
        {
            "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 4, "num_attention_heads": 16,
            "num_key_value_heads": 8, "head_dim": 128, **rotary(5e6, [24, 20, 20]),
        },
        [64 * 64, 352 * 352],
    )


CHECKPOINTS = {"siglip": siglip, "clip": clip, "qwen-nano": qwen_nano, "qwen-slice": qwen_slice}


def spread(model: torch.nn.Module) -> None:
    """Biases and norms that are not 0 and 1, and layers strong enough for inputs to differ in the vectors."""
    for name, tensor in model.named_parameters():
        if tensor.dim() < 2:
            tensor.add_(torch.randn_like(tensor) * 0.1)
        elif "embedding" not in name:
            tensor.copy_(torch.randn_like(tensor) * 1.4 / tensor[0].numel() ** 0.5)


def write(folder: Path, made: dict) -> None:
    torch.manual_seed(SEED)
    model = made["class"]._from_config(made["config"])
    spread(model)
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    model.save_pretrained(part)
    made["tokenizer"].save(str(part / "tokenizer.json"))
    usual = {"do_normalize": True, "do_rescale": True, "rescale_factor": 1 / 255}
    for name, content in [
        ("tokenizer_config", made["tokenizer_config"]), ("preprocessor_config", made["preprocessor"] | usual),
    ]:
        (part / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
    part.rename(folder)


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--words", type=Path, required=True, help="tokenizer.json with a vocabulary of words")
    parser.add_argument("--only", default=",".join(CHECKPOINTS))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    vocabulary = json.loads(args.words.read_text())["model"]["vocab"]
    words = sorted(word for word in vocabulary if word.isascii() and word.isalpha())
    for name in args.only.split(","):
        if not (args.out / name).exists():
            write(args.out / name, CHECKPOINTS[name](words))
            print(f"made {args.out / name}", flush=True)


main()
