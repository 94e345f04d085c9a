"""Decoding and resizing alone: libjpeg's pixels, torchvision's resampling, and the table of target sizes."""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as tvf
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

import golden_images

# (image, width, height) beside the sizes that the cases came to.
TARGETS = [
    ("photo.png", 64, 96), ("photo.png", 32, 32), ("photo.png", 151, 112), ("photo.png", 150, 57),
    ("photo.png", 7, 5), ("photo.png", 1, 1), ("wide.png", 32, 40), ("tall.png", 28, 196), ("tiny.png", 64, 64),
    ("tiny.png", 140, 112), ("edges.png", 39, 48), ("edges.png", 160, 192), ("ribbon.png", 384, 32),
    ("odd.png", 101, 67), ("odd.png", 96, 64), ("square.png", 56, 84),
]


def resize(image: Image.Image, width: int, height: int) -> np.ndarray:
    """torchvision's antialiased bicubic on u8, what the image processor uses."""
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
    out = tvf.resize(pixels, [height, width], interpolation=InterpolationMode.BICUBIC, antialias=True)
    return out.permute(1, 2, 0).contiguous().numpy()


def smart_resize_rows() -> list:
    """[height, width, factor, min, max, new height, new width]; the last two null where it refuses."""
    rng = np.random.Generator(np.random.PCG64(7))
    asked = []
    official = (65536, 16777216)
    for factor in (28, 32):
        # Halves round to the even multiple.
        for k in range(1, 9):
            for extra in (-1, 0, 1):
                side = factor * k + factor // 2 + extra
                asked.append((side, factor * 6, factor, 4 * factor**2, 100 * factor**2))
                asked.append((factor * 5, side, factor, 4 * factor**2, 100 * factor**2))
        # At the limits and just beside them.
        for h, w in ((2, 2), (4, 8), (10, 10), (10, 11), (11, 10)):
            for e in (-factor // 2 - 1, 0, factor // 2 + 1):
                asked.append((h * factor + e, w * factor - e, factor, 16 * factor**2, 100 * factor**2))
        # Small and thin ones, and the aspect ratio's end.
        for h, w in ((1, 1), (1, 2), (7, 9), (1, 200), (200, 1), (1, 201), (402, 2), (401, 2), (2, 400), (3, 599), (4000, 20)):
            asked.append((h, w, factor, 4 * factor**2, 16 * factor**2))
            asked.append((h, w, factor, *official))
        for h, w in ((1080, 1920), (3024, 4032), (4000, 6000), (4096, 4096), (4097, 4096), (8000, 8000), (12000, 9000),
                     (256, 256), (255, 257), (600, 800), (30000, 200), (480, 640)):
            asked.append((h, w, factor, *official))
        for _ in range(60):
            h, w = int(2 ** rng.uniform(2, 13)), int(2 ** rng.uniform(2, 13))
            least = int(factor**2 * rng.integers(1, 65))
            most = least + int(factor**2 * rng.integers(0, 2000))
            asked.append((h, w, factor, least, most))
    rows = []
    for row in dict.fromkeys(asked):
        try:
            rows.append([*row, *smart_resize(*row)])
        except ValueError:
            rows.append([*row, None, None])
    return rows


def write(golden: Path) -> None:
    """`resize.json`, `decoded/` and what is still missing in `resized/`."""
    decode = []
    (golden / "decoded").mkdir()
    for path in sorted((golden / "images").glob("*.jpg")):
        upright = golden_images.load(path)
        upright.save(golden / "decoded" / f"{path.stem}.png", optimize=True)
        decode.append({"image": path.name, "size": list(upright.size), "pixels": f"decoded/{path.stem}.png"})
    for image, width, height in TARGETS:
        path = golden / "resized" / f"{image}-{width}x{height}.png"
        if not path.exists():
            Image.fromarray(resize(golden_images.load(golden / "images" / image), width, height)).save(path, optimize=True)
    resizes = []
    for path in sorted((golden / "resized").glob("*.png")):
        image, _, target = path.stem.rpartition("-")
        width, height = map(int, target.split("x"))
        source = golden_images.load(golden / "images" / image)
        assert (resize(source, width, height) == np.asarray(Image.open(path))).all(), path
        pixels = f"decoded/{Path(image).stem}.png" if image.endswith(".jpg") else f"images/{image}"
        resizes.append({"source": pixels, "size": [width, height], "expected": f"resized/{path.name}"})
    lines = ['{', '"decode": [']
    lines.append(",\n".join(" " + json.dumps(row) for row in decode) + "\n],")
    lines.append('"resize": [\n' + ",\n".join(" " + json.dumps(row) for row in resizes) + "\n],")
    lines.append('"smart_resize": [\n' + ",\n".join(" " + json.dumps(row) for row in smart_resize_rows()) + "\n]\n}\n")
    (golden / "resize.json").write_text("\n".join(lines))
