"""Makes the golden cases of the families `bert` and `conse`.

    python make_towers.py            writes golden/bert, golden/bert-dense and golden/conse anew
    python make_towers.py --check    makes them in a temporary folder and compares every byte

`bert` is a checkpoint like those of make_golden.py, run by `BertModel` of `transformers` with the mean over all
states. `conse` has no checkpoints: its weights follow the same rule from their names in *packages*, its tower for
pictures is written out below in plain PyTorch, and its encoder is the one of `bert`.
"""

import argparse
import filecmp
import json
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

import golden_tokenizer
import golden_weights

HERE = Path(__file__).resolve().parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = {
    "short": "a dog",
    "sentence": "Two dogs run along the beach while the sun sets over the sea.",
    "capitals": "A PHOTO of the Red MUG, left of it a laptop!",
    "accents": "Le garçon a mangé une crème brûlée près de la forêt; größerer Vogel, España, Ångström, ﬁn",
    "scripts": "红色的杯子 赤いマグカップ Маленькая птица Η γάτα 고양이가 القطة बिल्ली แมว",
    "emoji": "🙂🐶 👩‍🚀 👍🏽 🇩🇪 ❤️ — “quotes” … ½ × ¾ → ∞ €100",
    "odd": "a\u0300e\u0301 ze\u200bro wi\u00addth tab\there\nnew line \u2028 \ufeffend \u0000nul 'apo'strophe's don't",
    "numbers": "3 boats, 14 nets and 159 fish cost $2.65 in 1979 (or 20-26%)",
    "unknown": "ⴰⵣⵓⵍ 𝔉𝔯𝔞𝔨𝔱𝔲𝔯 supercalifragilisticexpialidocious",
    "special": "it says [SEP] and [MASK] in the text",
    "empty": "",
    "long": "the quick brown fox jumps over the lazy dog near the old stone bridge " * 8,
}
MAX_TOKENS = 64
# Of `conse`: what is asked, and the thing that is asked for.
ASKED = {
    "short": ("photos of my dog", "dog"),
    "sentence": ("Two dogs run along the beach", "Two dogs run along the beach"),
    "accents": (TEXTS["accents"], TEXTS["accents"]),
    "scripts": (TEXTS["scripts"], TEXTS["scripts"]),
    "long": (TEXTS["long"], TEXTS["long"].strip().removeprefix("the ")),
}


def build_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer of BERT's build, uncased: every letter of the text of the other cases, at a word's
    beginning and within, some endings, and the words that come twice. (A trained one is another in every run.)"""
    normalizer = normalizers.BertNormalizer(lowercase=True)
    pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    text = normalizer.normalize_str(golden_tokenizer.TEXT)
    counts = Counter(word for word, _ in pre_tokenizer.pre_tokenize_str(text))
    letters = sorted({letter for word in counts for letter in word})
    endings = ["##s", "##ed", "##ing", "##er", "##es", "##ly", "##th", "##un", "##en"]
    words = sorted(word for word, count in counts.items() if count > 1 and len(word) > 1)
    tokens = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters), *endings, *words]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]",
        mask_token="[MASK]",
    )


def bert_config(vocab: int) -> BertConfig:
    return BertConfig(
        vocab_size=vocab, hidden_size=48, num_hidden_layers=3, num_attention_heads=4, intermediate_size=96,
        max_position_embeddings=MAX_TOKENS, type_vocab_size=2, hidden_act="gelu", attn_implementation="eager",
    )


def encoder(config: BertConfig, seed: str, rename=lambda name: name) -> tuple[BertModel, list]:
    """The model with the rule's weights, and the names and shapes of its tensors."""
    model = BertModel(config).eval()
    listed = []
    for name, tensor in model.state_dict().items():
        if name.endswith("position_ids"):
            continue
        values = golden_weights.tensor(seed, rename(name), list(tensor.shape))
        tensor.copy_(torch.from_numpy(values))
        listed.append([name, list(tensor.shape)])
    return model, listed


def pooled(model: BertModel, ids: list[int]) -> torch.Tensor:
    """The mean of all states, of unit length."""
    with torch.no_grad():
        states = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
    return F.normalize(states.mean(0), dim=0)


def encode(tokenizer, text: str) -> tuple[list[int], int]:
    whole = tokenizer(text)["input_ids"]
    return tokenizer(text, truncation=True, max_length=MAX_TOKENS)["input_ids"], len(whole)


# Behind the encoder of `bert-dense`: values that each linear layer gives, and what follows it.
DENSE = [(64, "Tanh", "torch.nn.modules.activation.Tanh"), (24, "Identity", "torch.nn.modules.linear.Identity")]


def dense(folder: Path, width: int, seed: str):
    """The layers of `sentence-transformers` behind an encoder: their files, their tensors, and what they do."""
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({
        "word_embedding_dimension": width, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False,
    }, indent=1) + "\n")
    shards, layers = [], []
    for i, (out, kind, activation) in enumerate(DENSE):
        path = f"{i + 2}_Dense"
        (folder / path).mkdir()
        has_bias = kind == "Tanh"
        (folder / path / "config.json").write_text(json.dumps({
            "in_features": width, "out_features": out, "bias": has_bias, "activation_function": activation,
        }, indent=1) + "\n")
        # The rule goes by names, so that both layers have the same values where their shapes are the same.
        tensors = [["linear.weight", [out, width]], *([["linear.bias", [out]]] if has_bias else [])]
        layers.append([torch.from_numpy(golden_weights.tensor(seed, *tensor)) for tensor in tensors])
        shards.append({"file": f"{path}/model.safetensors", "tensors": tensors})
        modules.append((path, "Dense"))
        width = out
    modules.append((f"{len(modules)}_Normalize", "Normalize"))
    (folder / "modules.json").write_text(json.dumps([
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(modules)
    ], indent=1) + "\n")

    def run(x):
        for layer, (_, kind, _) in zip(layers, DENSE):
            x = F.linear(x, *layer)
            x = torch.tanh(x) if kind == "Tanh" else x
        return x

    return shards, run


def make_bert(out: Path, name: str) -> None:
    folder = out / name
    folder.mkdir(parents=True)
    tokenizer = build_tokenizer(folder)
    config = bert_config(len(tokenizer))
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["BertModel"], "model_type": "bert", **{key: getattr(config, key) for key in (
            "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", "type_vocab_size", "hidden_act", "layer_norm_eps")},
    }, indent=1) + "\n")
    model, listed = encoder(config, name)
    shards, behind = [{"file": "model.safetensors", "tensors": listed}], None
    if name == "bert-dense":
        more, behind = dense(folder, config.hidden_size, name)
        shards += more
    expected, inputs = {}, []
    for key, text in TEXTS.items():
        ids, whole = encode(tokenizer, text)
        if behind is None:
            expected[f"{key}.embedding"] = pooled(model, ids)
        else:
            with torch.no_grad():
                first = model(input_ids=torch.tensor([ids])).last_hidden_state[0, 0]
                expected[f"{key}.embedding"] = F.normalize(behind(first), dim=0)
        inputs.append({
            "id": key, "text": text, "image": None, "instruction": None, "max_tokens": None,
            "ids": ids, "tokens": len(ids), "whole_tokens": whole,
        })
    save_file(expected, str(folder / "expected.safetensors"))
    (folder / "case.json").write_text(json.dumps({
        "case": name, "seed": name, "gain": 1.0, "dtype": "f32", "names": "official", "shards": shards,
        "inputs": inputs,
    }, indent=1) + "\n")


# --- conse: the shape of a package, and its tower for pictures -----------------------------------

VISION = {
    "image_size": 49, "stem": 8, "head": 40, "classes": 24, "hidden_act": "relu6",
    "stages": [
        {"kernel": 3, "stride": 1, "expand": 1, "channels": 8, "repeats": 1},
        {"kernel": 5, "stride": 2, "expand": 6, "channels": 12, "repeats": 2},
        {"kernel": 3, "stride": 2, "expand": 4, "channels": 20, "repeats": 2},
    ],
}
BRIDGE = {"keep": 6, "temperature": 2.0}
# The same with vectors of two parts.
PARTS = {"meaning": 20, "appearance": 12, "share": 0.6}
SEED = "conse"
# Regions x, y, width, height of the fine views; the map has 7 x 7 cells.
REGIONS = [[0, 0, 0.5, 0.5], [0.5, 0, 0.5, 0.5], [0, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], [2 / 7, 2 / 7, 3 / 7, 3 / 7]]
# What the rule's values of a vector are multiplied by, so that the centre does not drown the texts.
CENTRE = 0.05


def rule(name: str, shape: list[int]) -> torch.Tensor:
    return torch.from_numpy(golden_weights.tensor(SEED, name, shape, 1.6))


def same(x: torch.Tensor, kernel: int, stride: int) -> torch.Tensor:
    """TensorFlow's zeros around a map."""
    height, width = x.shape[-2:]
    def zeros(size):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2
    (top, bottom), (left, right) = zeros(height), zeros(width)
    return F.pad(x, (left, right, top, bottom))


def conv(x, name, out, kernel=1, stride=1, groups=1):
    channels = x.shape[1]
    if groups > 1:  # [kernel * kernel, channels]
        weight = rule(f"{name}.weight", [kernel * kernel, channels])
        weight = weight.T.reshape(channels, 1, kernel, kernel)
    else:  # [out, kernel * kernel * channels]
        weight = rule(f"{name}.weight", [out, kernel * kernel * channels])
        weight = weight.reshape(out, kernel, kernel, channels).permute(0, 3, 1, 2)
    return F.conv2d(same(x, kernel, stride), weight, rule(f"{name}.bias", [out]), stride, groups=groups)


def tower(x: torch.Tensor) -> torch.Tensor:
    x = F.relu6(conv(x, "vision.stem", VISION["stem"], 3, 2))
    index = 0
    for stage in VISION["stages"]:
        for repeat in range(stage["repeats"]):
            name, inner = f"vision.blocks.{index}", x.shape[1] * stage["expand"]
            stride = stage["stride"] if repeat == 0 else 1
            wide = F.relu6(conv(x, f"{name}.expand", inner)) if stage["expand"] > 1 else x
            wide = F.relu6(conv(wide, f"{name}.depthwise", inner, stage["kernel"], stride, groups=inner))
            narrow = conv(wide, f"{name}.project", stage["channels"])
            x = x + narrow if narrow.shape == x.shape else narrow
            index += 1
    return F.relu6(conv(x, "vision.head", VISION["head"]))


def views(feature_map: torch.Tensor, parts=None, trained=False) -> torch.Tensor:
    """Unit vectors of the whole map and of its regions; of one that was learned too, and with maps, if `trained`."""
    cells = feature_map.shape[-1]
    def shares(begin, size):
        edges = torch.arange(cells + 1, dtype=torch.float64) / cells
        end = min(begin + size, 1.0)
        on = (torch.minimum(edges[1:], torch.tensor(end)) - torch.maximum(edges[:-1], torch.tensor(begin))).clamp(min=0)
        return on / on.sum()
    vectors = []
    looks = [torch.outer(shares(y, height), shares(x, width)).float() for x, y, width, height in [[0, 0, 1, 1], *REGIONS]]
    if trained:
        look = rule("views.look", [1, VISION["head"]])[0]
        scores = torch.einsum("c,cyx->yx", look, feature_map[0]) / VISION["head"] ** 0.5
        looks.append(F.softmax(scores.flatten(), 0).reshape(scores.shape))
    for weights in looks:
        f = (feature_map[0] * weights).sum((1, 2))
        logits = rule("vision.classifier.weight", [VISION["classes"], VISION["head"]]) @ f
        logits = logits + rule("vision.classifier.bias", [VISION["classes"]])
        top = logits.topk(BRIDGE["keep"])
        p = torch.zeros_like(logits)
        p[top.indices] = F.softmax(top.values / BRIDGE["temperature"], 0)
        meaning = parts["meaning"] if parts else 48
        vector = F.normalize(rule("bridge.classes.weight", [meaning, VISION["classes"]]) @ p, dim=0)
        if trained:
            vector = vector + rule("bridge.maps.pictures.weight", [meaning, VISION["head"]]) @ F.normalize(f, dim=0)
            vector = F.normalize(vector, dim=0)
        if parts:
            appearance = rule("bridge.appearance.weight", [parts["appearance"], VISION["head"]]) @ f
            share = parts["share"]
            vector = torch.cat([vector * share**0.5, F.normalize(appearance, dim=0) * (1 - share) ** 0.5])
        vectors.append(vector)
    return torch.stack(vectors)


PACKAGE_NAMES = {
    "embeddings.word_embeddings": "text.embed_tokens", "embeddings.position_embeddings": "text.positions",
    "embeddings.token_type_embeddings": "text.types", "embeddings.LayerNorm": "text.norm",
    "attention.self.": "attention.", "attention.output.dense": "attention.output",
    "attention.output.LayerNorm": "attention.norm", "intermediate.dense": "mlp.up", "output.dense": "mlp.down",
    "output.LayerNorm": "mlp.norm", "encoder.layer.": "text.layers.",
}


def package_name(name: str) -> str:
    for old, new in PACKAGE_NAMES.items():
        name = name.replace(old, new)
    return name


def make_conse(out: Path) -> None:
    folder = out / "conse"
    folder.mkdir(parents=True)
    tokenizer = build_tokenizer(folder)
    config = bert_config(len(tokenizer))
    side = VISION["image_size"]
    y, x = np.mgrid[0:side, 0:side]
    pixels = np.stack([5 * x % 256, (3 * y + 2 * x) % 256, (x * y) % 256], -1).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "picture.png")
    normalised = (torch.from_numpy(pixels).float() - 127) / 128
    feature_map = tower(normalised.permute(2, 0, 1)[None])
    expected = {
        "picture.map": feature_map[0].permute(1, 2, 0).reshape(-1, VISION["head"]).contiguous(),
        "picture.embedding": views(feature_map),
        "parts.picture.embedding": views(feature_map, PARTS),
        "trained.picture.embedding": views(feature_map, PARTS, trained=True),
    }
    golden = golden_weights.tensor
    try:  # the encoder of this case has the same gain as its tower
        golden_weights.tensor = lambda seed, name, shape, gain=1.6: golden(seed, name, shape, gain)
        model, _ = encoder(config, SEED, package_name)
    finally:
        golden_weights.tensor = golden
    centre = rule("bridge.centre", [48]) * CENTRE
    for name, (_, thing) in ASKED.items():
        ids, _ = encode(tokenizer, f"a photo of a {thing}")
        less = pooled(model, ids) - centre
        expected[f"{name}.embedding"] = F.normalize(less, dim=0)
        meaning = F.normalize(rule("bridge.texts.weight", [PARTS["meaning"], 48]) @ less, dim=0)
        expected[f"parts.{name}.embedding"] = F.pad(meaning, (0, PARTS["appearance"]))
        moved = meaning + rule("bridge.maps.texts.weight", [PARTS["meaning"]] * 2) @ meaning
        expected[f"trained.{name}.embedding"] = F.pad(F.normalize(moved, dim=0), (0, PARTS["appearance"]))
    save_file(expected, str(folder / "expected.safetensors"))
    (folder / "shape.json").write_text(json.dumps({
        "vision": VISION, "bridge": BRIDGE, "parts": PARTS, "regions": REGIONS, "seed": SEED, "gain": 1.6, "centre": CENTRE,
        "text": {key: getattr(config, key) for key in (
            "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "hidden_act")} | {"pooling": "mean"},
        "texts": {name: asked for name, (asked, _) in ASKED.items()},
    }, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch)
        with torch.no_grad():
            make_bert(made, "bert")
            make_bert(made, "bert-dense")
            make_conse(made)
        for case in ("bert", "bert-dense", "conse"):
            kept = HERE / "golden" / case
            if check:
                files = (made / case).rglob("*")
                names = sorted(str(path.relative_to(made / case)) for path in files if path.is_file())
                _, differ, missing = filecmp.cmpfiles(made / case, kept, names, shallow=False)
                assert not differ and not missing, f"{case}: {differ} differ, {missing} are missing"
            else:
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(made / case, kept)
            print(f"{case}: {'equal' if check else 'written'}")


if __name__ == "__main__":
    main()
