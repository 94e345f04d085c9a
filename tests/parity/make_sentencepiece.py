"""Makes golden/sentencepiece: a small unigram model, and the ids that `sentencepiece` gives 10 000 hard strings.

    python make_sentencepiece.py            writes the folder anew
    python make_sentencepiece.py --check    makes the ids from the model that is there, and compares

The model is trained on the text of the other cases, with normalisation rules of its own: Unicode's compatibility
forms of the letters in RANGES, and its composed forms of pairs. Training gives other scores from version to version,
so `--check` takes the model as it is. Strings are drawn by a rule that both sides know, and of ids a hash is kept.
"""

import argparse
import json
import tempfile
import unicodedata
from pathlib import Path

import sentencepiece
from transformers import SiglipTokenizer

import golden_tokenizer

FOLDER = Path(__file__).resolve().parent / "golden" / "sentencepiece"
MASK = (1 << 64) - 1
COUNT = 10_000
# First and last code point of the letters that strings are drawn from: ASCII with controls, Latin, combining marks,
# Greek and Cyrillic, Devanagari, Thai, jamo, punctuation with all kinds of spaces, letterlike symbols, kana,
# Han, compatibility forms, full width, mathematical letters, emoji.
RANGES = [
    (0x01, 0x7F), (0xA0, 0x24F), (0x300, 0x33F), (0x370, 0x4FF), (0x900, 0x94F), (0xE01, 0xE5B), (0x1100, 0x11FF),
    (0x2000, 0x206F), (0x2100, 0x218F), (0x3000, 0x30FF), (0x4E00, 0x4EFF), (0xF900, 0xF9FF), (0xFB00, 0xFBFF),
    (0xFE00, 0xFEFF), (0xFF00, 0xFFEF), (0x1D400, 0x1D4FF), (0x1F300, 0x1F6FF),
]
# Texts for the whole tokenizer of SigLIP, which cleans them first.
TEXTS = [
    "a dog", "A PHOTO of the Red MUG, left of it a laptop!", "  two  blanks\tand \n three  ", "it's 50% (or so)...", "",
    "Le gar\u00e7on a mang\u00e9 une cr\u00e8me br\u00fbl\u00e9e", "!?", "\u7ea2\u8272\u7684\u676f\u5b50 \uff21\uff22\uff23",
    "the quick brown fox jumps over the lazy dog near the old stone bridge",
]
# Texts are padded to this length.
LENGTH = 16
# What stands in the text that the model was trained on.
COMMON = "etaoinshrdlucm. ,▁    red photo"


class Draw:
    """SplitMix64 from FNV-1a of a name, as in golden_weights.py."""

    def __init__(self, name: str):
        self.state = 0xCBF29CE484222325
        for byte in name.encode():
            self.state = ((self.state ^ byte) * 0x100000001B3) & MASK

    def below(self, most: int) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % most


def hard_string(number: int) -> str:
    """Up to 31 letters of some ranges; every fourth letter or so is a common one."""
    draw = Draw(f"sentencepiece/{number}")
    ranges = [RANGES[draw.below(len(RANGES))] for _ in range(1 + draw.below(4))]
    letters = []
    for _ in range(draw.below(32)):
        if draw.below(4) == 0:
            letters.append(COMMON[draw.below(len(COMMON))])
        else:
            first, last = ranges[draw.below(len(ranges))]
            letters.append(chr(first + draw.below(last - first + 1)))
    return "".join(letters)


def hash_of(ids: list[int]) -> int:
    """FNV-1a of the ids as 32-bit little-endian numbers, its lower half."""
    h = 0xCBF29CE484222325
    for byte in b"".join(i.to_bytes(4, "little") for i in ids):
        h = ((h ^ byte) * 0x100000001B3) & MASK
    return h & 0xFFFFFFFF


def rules() -> str:
    """Compatibility forms, spaces for controls, and pairs that Unicode composes."""
    lines = {}
    letters = [chr(c) for first, last in RANGES for c in range(first, last + 1) if not 0xD800 <= c < 0xE000]
    for letter in letters:
        form = unicodedata.normalize("NFKC", letter)
        if letter != " " and (letter.isspace() or unicodedata.category(letter) == "Cc"):
            form = " " if letter.isspace() else ""
        if form != letter:
            lines[letter] = form
    marks = [chr(c) for c in range(0x300, 0x340)]
    for base in [letter for letter in letters if unicodedata.category(letter) in ("Ll", "Lu")]:
        for mark in marks:
            pair = unicodedata.normalize("NFKC", base + mark)
            if len(pair) == 1:
                lines[base + mark] = pair
    code = lambda text: " ".join(f"{ord(letter):X}" for letter in text)
    return "".join(f"{code(of)}\t{code(to)}\n" for of, to in sorted(lines.items()))


def train(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        text, table = Path(scratch) / "text.txt", Path(scratch) / "rules.tsv"
        text.write_text(golden_tokenizer.TEXT)
        table.write_text(rules())
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=f"{scratch}/spiece", model_type="unigram", vocab_size=500,
            character_coverage=0.99, hard_vocab_limit=False, normalization_rule_tsv=str(table), num_threads=1,
            pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "spiece.model").write_bytes((Path(scratch) / "spiece.model").read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    if not check:
        train(FOLDER)
    model = sentencepiece.SentencePieceProcessor(model_file=str(FOLDER / "spiece.model"))
    cleaning = SiglipTokenizer(vocab_file=str(FOLDER / "spiece.model"), model_max_length=LENGTH)
    cleaned = lambda text: cleaning(text, padding="max_length", truncation=True, max_length=LENGTH)
    strings = [hard_string(i) for i in range(COUNT)]
    made = json.dumps({
        "ranges": RANGES, "common": COMMON, "first": strings[:5],
        "ids_of_first": [model.encode(string) for string in strings[:5]],
        "cleaned": {text: cleaned(text)["input_ids"] for text in TEXTS},
        "hashes": [hash_of(model.encode(string)) for string in strings],
    }).replace("], \"", "],\n \"") + "\n"
    kept = FOLDER / "ids.json"
    if check:
        assert made == kept.read_text(), "the ids differ"
    else:
        kept.write_text(made)
    print("sentencepiece:", "equal" if check else "written")


if __name__ == "__main__":
    main()
