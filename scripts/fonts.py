"""Makes crates/agff-scenes/src/scenes/fonts from Debian's font packages: the printable ASCII of each, renamed.

    apt-get install fonts-dejavu-core fonts-lato fonts-comfortaa fonts-roboto-slab \
        fonts-courier-prime fonts-open-sans fonts-liberation2
    pip install fonttools
    python3 scripts/fonts.py [FOLDER]        # FOLDER instead of /usr/share/fonts

A changed font may not keep a reserved name, so every subset gets a name of its own.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCES = {
    # Drawn in training.
    "sans-wide": "truetype/dejavu/DejaVuSans-Bold.ttf",
    "serif-wide": "truetype/dejavu/DejaVuSerif-Bold.ttf",
    "sans-soft": "truetype/lato/Lato-Bold.ttf",
    "round": "truetype/comfortaa/Comfortaa-Bold.ttf",
    "slab": "opentype/roboto/slab/RobotoSlab-Bold.otf",
    "typewriter": "opentype/courier-prime/Courier Prime Bold.otf",
    # Drawn in the test set only.
    "test-sans": "truetype/open-sans/OpenSans-Bold.ttf",
    "test-serif": "truetype/liberation2/LiberationSerif-Bold.ttf",
}

FAMILY, FULL, POSTSCRIPT, TYPOGRAPHIC = 1, 4, 6, 16
KEPT_NAMES = {0, 1, 2, 3, 4, 5, 6, 13, 14}


def main() -> None:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/fonts")
    out = Path(__file__).parent.parent / "crates/agff-scenes/src/scenes/fonts"
    for name, source in SOURCES.items():
        font = TTFont(root / source, recalcTimestamp=False)
        options = subset.Options(
            hinting=False, layout_features=[], name_IDs=sorted(KEPT_NAMES), notdef_outline=True
        )
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=range(0x20, 0x7F))
        subsetter.subset(font)
        for table in ("FFTM", "DSIG", "GDEF", "GPOS", "GSUB", "kern"):
            if table in font:
                del font[table]
        family = f"agff {name}"
        for record in font["name"].names:
            if record.nameID in (FAMILY, TYPOGRAPHIC):
                record.string = family
            elif record.nameID in (3, FULL):
                record.string = f"{family} Bold"
            elif record.nameID == POSTSCRIPT:
                record.string = f"agff-{name}-Bold"
        if "CFF " in font:
            cff = font["CFF "].cff
            cff.fontNames = [f"agff-{name}-Bold"]
            cff[0].FullName = f"{family} Bold"
            cff[0].FamilyName = family
        suffix = "otf" if "CFF " in font else "ttf"
        path = out / f"{name}.{suffix}"
        font.save(path)
        print(f"{path.name}: {path.stat().st_size} bytes from {source}")


main()
