"""The model `photo` in PyTorch, from the tensors of its package in f32: the peer's side of `make bench-models`.

What a picture's global view and a text's vector are is in src/families/conse/network.rs; the tower's windows are
TensorFlow's.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from transformers import BertConfig, BertModel


class Same(torch.nn.Conv2d):
    """A convolution whose zeros around the picture are TensorFlow's: one more at the end where they are odd."""

    def __init__(self, weight, bias, side: int, stride: int, groups: int = 1):
        kernel = weight.shape[-1]
        super().__init__(weight.shape[1] * groups, weight.shape[0], kernel, stride, groups=groups)
        self.weight.data, self.bias.data = weight, bias
        total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        self.zeros = [total // 2, total - total // 2] * 2

    def forward(self, x):
        return super().forward(F.pad(x, self.zeros) if any(self.zeros) else x)


class Bottleneck(torch.nn.Module):
    def __init__(self, tensors, name: str, side: int, kernel: int, stride: int):
        super().__init__()
        product = lambda part: Same(*pair(tensors, f"{name}.{part}", [1, 1, -1]), side, 1)
        wide = f"{name}.expand.weight" in tensors
        self.expand = product("expand") if wide else None
        weight, bias = tensors[f"{name}.depthwise.weight"], tensors[f"{name}.depthwise.bias"]
        weight = weight.T.reshape(-1, 1, kernel, kernel).contiguous()
        self.depthwise = Same(weight, bias, side, stride, groups=len(bias))
        self.project = product("project")
        self.added = stride == 1 and self.project.out_channels == (self.expand or self.depthwise).in_channels

    def forward(self, x):
        y = F.relu6(self.expand(x)) if self.expand else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.added else y


def pair(tensors, name: str, window: list[int]):
    """Weight, as a convolution has it, and bias of a layer over windows of rows, columns and channels."""
    weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
    return weight.reshape(len(weight), *window).permute(0, 3, 1, 2).contiguous(), bias


class Pictures(torch.nn.Module):
    """Normalised pixels, `[n, 3, side, side]`, to the global view's vector."""

    def __init__(self, config: dict, tensors):
        super().__init__()
        vision, bridge = config["vision"], config["bridge"]
        side = vision["image_size"]
        self.stem = Same(*pair(tensors, "vision.stem", [3, 3, 3]), side, 2)
        side, blocks = -(-side // 2), []
        for stage in vision["stages"]:
            for repeat in range(stage["repeats"]):
                stride = stage["stride"] if repeat == 0 else 1
                blocks.append(Bottleneck(tensors, f"vision.blocks.{len(blocks)}", side, stage["kernel"], stride))
                side = -(-side // stride)
        self.blocks = torch.nn.Sequential(*blocks)
        self.head = Same(*pair(tensors, "vision.head", [1, 1, -1]), side, 1)
        for name in ("vision.classifier.weight", "vision.classifier.bias"):
            self.register_buffer(name.replace(".", "_"), tensors[name])
        for name in ("bridge.classes.weight", "bridge.appearance.weight"):
            self.register_buffer(name.replace(".", "_"), tensors[name])
        self.keep, self.temperature, self.share = bridge["keep"], bridge["temperature"], bridge["parts"]["share"]

    def forward(self, pixel_values):
        map = F.relu6(self.head(self.blocks(F.relu6(self.stem(pixel_values)))))
        pooled = map.mean((2, 3))
        logits = F.linear(pooled, self.vision_classifier_weight, self.vision_classifier_bias) / self.temperature
        least = logits.topk(self.keep, 1).values[:, -1:]
        kept = torch.where(logits >= least, F.softmax(logits, 1), 0.0)
        meaning = F.normalize(F.linear(kept, self.bridge_classes_weight))
        appearance = F.normalize(F.linear(pooled, self.bridge_appearance_weight))
        return torch.cat([meaning * self.share ** 0.5, appearance * (1 - self.share) ** 0.5], 1)


class Texts(torch.nn.Module):
    """Token ids, `[n, length]`, to vectors."""

    def __init__(self, config: dict, tensors):
        super().__init__()
        text = {key: value for key, value in config["text"].items() if key != "pooling"}
        self.encoder = BertModel(BertConfig(**text, attn_implementation="eager"), add_pooling_layer=False)
        names = [
            (".attention.output.", ".attention.output.dense."), (".attention.norm.", ".attention.output.LayerNorm."),
            (".mlp.up.", ".intermediate.dense."), (".mlp.down.", ".output.dense."),
            (".mlp.norm.", ".output.LayerNorm."),
            ("layers.", "encoder.layer."), ("embed_tokens.", "embeddings.word_embeddings."),
            ("positions.", "embeddings.position_embeddings."), ("types.", "embeddings.token_type_embeddings."),
        ] + [(f".attention.{part}.", f".attention.self.{part}.") for part in ("query", "key", "value")]
        weights = {}
        for name, tensor in tensors.items():
            if not name.startswith("text."):
                continue
            name = name.removeprefix("text.")
            if name.startswith("norm."):
                name = f"embeddings.LayerNorm.{name.removeprefix('norm.')}"
            for ours, theirs in names:
                name = name.replace(ours, theirs)
            weights[name] = tensor
        self.encoder.load_state_dict(weights)
        self.register_buffer("centre", tensors["bridge.centre"])
        self.register_buffer("texts", tensors["bridge.texts.weight"])
        self.appearance = config["bridge"]["parts"]["appearance"]

    def forward(self, input_ids):
        states = self.encoder(input_ids).last_hidden_state
        meaning = F.linear(F.normalize(states.mean(1)) - self.centre, self.texts)
        return F.pad(F.normalize(meaning), (0, self.appearance))


def load(package: Path) -> tuple[dict, Pictures, Texts]:
    """The manifest, and the models for pictures and texts."""
    manifest = json.loads((package / "agff.json").read_text())
    tensors = {}
    for file in package.glob("*.safetensors"):
        with safe_open(file, "pt") as shard:
            tensors |= {name: shard.get_tensor(name) for name in shard.keys()}
    config = manifest["config"]
    return manifest, Pictures(config, tensors).eval(), Texts(config, tensors).eval()


def write(folder: Path, package: Path) -> None:
    """The small files that transformers.js wants beside the graphs. Its classes for SigLIP read any tower."""
    manifest = json.loads((package / "agff.json").read_text())
    image, side = manifest["image"], manifest["config"]["vision"]["image_size"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text((package / "tokenizer.json").read_text())
    for name, content in [
        ("config", {"model_type": "siglip"}),
        ("tokenizer_config", {"tokenizer_class": "BertTokenizer", "model_max_length": 64}),
        ("preprocessor_config", {
            "image_processor_type": "SiglipImageProcessor", "do_normalize": True, "do_rescale": True, "do_resize": True,
            "image_mean": image["mean"], "image_std": image["std"], "resample": 2, "rescale_factor": 1 / 255,
            "size": {"height": side, "width": side},
        }),
    ]:
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
