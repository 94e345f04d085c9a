"""The one tokenizer of all cases: a small byte-level BPE of the family's build, trained on the text below."""

import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

BASE_VOCAB = 540  # 256 bytes and the merges; the added tokens follow
SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
]
# Added tokens that are matched whole but do not count as special, as in the released checkpoints.
PLAIN = [
    "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>",
    "<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>",
]
# The pre-tokenizer's pattern is part of the family's tokenizer format.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

TEXT = """
Represent the user's input. The system, the user and the assistant each take a turn.
system user assistant system user assistant system user assistant
A photo of a red mug left of a laptop. A photo of a blue mug right of a lamp. The photo shows a street at night.
Two dogs run along the beach while the sun sets over the sea; their owner's hat is blown away by the wind.
Find the image that matches the given sentence. Retrieve images or text relevant to the user's query.
It isn't what they'd expected, but we're sure that you'll like it; I've seen it, and I'm told she's seen it too.
The quick brown fox jumps over the lazy dog near the old stone bridge, and nobody at the market seems to mind.
In the morning the baker opens the door, lights the oven and counts the loaves: twelve, thirteen, fourteen.
There were 3 boats, 14 nets and 159 fish; the ice cost 2.65 and the salt 35 cents in 1979 and in 2026.
    indented line, with    several   spaces
\tand a tab\n\n\nand blank lines
fn main() { let photo = open("photo.jpg")?; for (i, row) in rows.iter().enumerate() { println!("{i}: {row:?}"); } }
{"query": {"text": "a cat on a sofa", "image": "photos/cat.png"}, "score": 0.75, "tags": ["cat", "sofa", "home"]}
Der kleine Vogel saß auf dem Dach und über dem Haus flog ein größerer; schöne Grüße aus München und Köln.
Le garçon a mangé une crème brûlée près de la forêt, où l'été était déjà arrivé; ça lui a plu, évidemment.
El niño pequeño soñó con una montaña; mañana comerá piñas y cantará una canción en el jardín.
Маленькая птица сидела на крыше, а над домом летел самолёт. Красная кружка стоит слева от ноутбука.
Η γάτα κοιμάται στον ήλιο και ο σκύλος τρέχει στην παραλία κάτω από τον ουρανό.
赤いマグカップはノートパソコンの左にあります。夕日が海に沈む写真を探してください。
一张照片：红色的杯子在笔记本电脑的左边。两只狗在海滩上奔跑，太阳落在海面上。城市的夜晚很美。
고양이가 소파 위에서 자고 있습니다. 바다 위로 해가 지는 사진을 찾아 주세요.
القطة تنام على الأريكة والشمس تغرب فوق البحر. صورة جميلة للمدينة في الليل.
बिल्ली सोफे पर सो रही है और सूरज समुद्र के ऊपर डूब रहा है।
แมวนอนอยู่บนโซฟา และพระอาทิตย์ตกที่ทะเล
🙂🙂🐶🐶🌊🌅📷 👩‍🚀 👍🏽 🇩🇪 ❤️ — “quotes”, ‘single’, … and ½ × ¾ ≈ 0.375 → ∞ ≠ €100
"""


def build(path: Path) -> Tokenizer:
    """Trains the tokenizer and writes `tokenizer.json` and `tokenizer_config.json` into `path`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(PATTERN), behavior="isolated", invert=False)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=BASE_VOCAB, min_frequency=2, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(TEXT.splitlines(keepends=True), trainer)
    assert tokenizer.get_vocab_size() == BASE_VOCAB, tokenizer.get_vocab_size()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL])
    tokenizer.add_tokens([AddedToken(t, special=False, normalized=False) for t in PLAIN])
    path.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path / "tokenizer.json"))

    added = {
        str(tokenizer.token_to_id(t)): {
            "content": t, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False,
            "special": t in SPECIAL,
        }
        for t in SPECIAL + PLAIN
    }
    config = {
        "add_bos_token": False, "add_prefix_space": False, "added_tokens_decoder": added,
        "additional_special_tokens": SPECIAL[1:], "bos_token": None, "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>", "errors": "replace", "model_max_length": 262144, "pad_token": "<|endoftext|>",
        "split_special_tokens": False, "tokenizer_class": "Qwen2Tokenizer", "unk_token": None,
    }
    (path / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    return tokenizer
