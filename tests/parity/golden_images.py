"""The input images, drawn here: smooth noise like a photo's tones, shapes with hard edges, and some grain."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps


def smooth(seed: int, width: int, height: int, cells: int) -> Image.Image:
    """Colour noise whose features are about `1/cells` of the longer side."""
    rng = np.random.Generator(np.random.PCG64(seed))
    long = max(width, height)
    columns, rows = max(2, cells * width // long), max(2, cells * height // long)
    small = rng.integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def scene(seed: int, width: int, height: int, grain: int = 6) -> Image.Image:
    """A photograph-like picture: tones, a few shapes, sensor grain."""
    image = Image.blend(smooth(seed, width, height, 4), smooth(seed + 1, width, height, 13), 0.35)
    draw = ImageDraw.Draw(image)
    rng = np.random.Generator(np.random.PCG64(seed + 2))
    for _ in range(5):
        x0, y0 = int(rng.integers(0, width)), int(rng.integers(0, height))
        x1 = x0 + int(rng.integers(2, max(3, width // 3)))
        y1 = y0 + int(rng.integers(2, max(3, height // 3)))
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        shape = int(rng.integers(0, 3))
        if shape == 0:
            draw.rectangle([x0, y0, x1, y1], fill=colour)
        elif shape == 1:
            draw.ellipse([x0, y0, x1, y1], fill=colour)
        else:
            draw.line([x0, y0, x1, y1], fill=colour, width=2)
    pixels = np.asarray(image).astype(np.int16)
    pixels = pixels + rng.integers(-grain, grain + 1, pixels.shape, dtype=np.int16)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def edges(width: int, height: int) -> Image.Image:
    """Black and white stripes and a checkerboard: bicubic overshoot has to be clamped."""
    y, x = np.mgrid[0:height, 0:width]
    board = ((x // 3 + y // 5) % 2) * 255
    stripes = (x % 2) * 255
    pixels = np.where(y < height // 2, board, stripes).astype(np.uint8)
    return Image.fromarray(np.stack([pixels, 255 - pixels, np.where(x < width // 2, pixels, 128)], -1).astype(np.uint8))


PNG = {
    "square": lambda: scene(11, 64, 64),
    "photo": lambda: scene(21, 150, 113),
    "wide": lambda: scene(31, 300, 40),
    "tall": lambda: scene(41, 33, 210),
    "tiny": lambda: scene(51, 9, 7),
    "ribbon": lambda: scene(61, 190, 2),
    "edges": lambda: edges(77, 95),
    "odd": lambda: scene(71, 101, 67),
}


def draw(folder: Path) -> None:
    """Writes every input image."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PNG.items():
        make().save(folder / f"{name}.png", optimize=True)
    jpeg = {"format": "JPEG", "optimize": True}
    scene(81, 127, 90, 3).save(folder / "photo-420.jpg", quality=85, subsampling="4:2:0", **jpeg)
    scene(91, 96, 101, 3).save(folder / "photo-444.jpg", quality=90, subsampling="4:4:4", **jpeg)
    scene(101, 120, 80, 3).save(
        folder / "photo-progressive.jpg", quality=80, subsampling="4:2:0", progressive=True, **jpeg
    )
    turned = scene(111, 110, 70, 3)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to look upright
    turned.save(folder / "photo-exif6.jpg", quality=85, subsampling="4:2:2", exif=exif, **jpeg)


def load(path: Path) -> Image.Image:
    """Decodes an image as Pillow does, upright and RGB."""
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")
