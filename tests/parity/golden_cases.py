"""The table of cases: shapes of models and what is put into them."""

VOCAB = 576  # the tokenizer has 566 ids: a table may be longer, as the released checkpoints' is


def text_input(name, text, **more):
    return {"id": name, "text": text, **more}


def image_input(name, image, **more):
    return {"id": name, "image": image, **more}


LONG = "The quick brown fox jumps over the lazy dog near the old stone bridge, and nobody seems to mind. " * 4

BASIC = [
    text_input("ascii", "A photo of a red mug left of a laptop."),
    image_input("image", "square.png"),
    image_input("both", "photo.png", text="Which mug is this?"),
    text_input("instructed", "两只狗在海滩上奔跑", instruction="Find the image that matches the given sentence"),
]


def vision(**over):
    base = {
        "deepstack_visual_indexes": [0], "depth": 2, "hidden_act": "gelu_pytorch_tanh", "hidden_size": 64,
        "in_channels": 3, "initializer_range": 0.02, "intermediate_size": 128, "model_type": "qwen3_vl",
        "num_heads": 4, "num_position_embeddings": 16, "out_hidden_size": 64, "patch_size": 16,
        "spatial_merge_size": 2, "temporal_patch_size": 2,
    }
    return {**base, **over}


def text(section, theta=5000000, new_style=False, **over):
    base = {
        "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 540, "dtype": "float32",
        "eos_token_id": 542, "head_dim": 16, "hidden_act": "silu", "hidden_size": 64, "initializer_range": 0.02,
        "intermediate_size": 160, "max_position_embeddings": 4096, "model_type": "qwen3_vl_text",
        "num_attention_heads": 4, "num_hidden_layers": 2, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
        "tie_word_embeddings": True, "use_cache": True, "vocab_size": VOCAB,
    }
    rope = {"mrope_interleaved": True, "mrope_section": section, "rope_type": "default"}
    if new_style:
        base["rope_parameters"] = {**rope, "rope_theta": theta}
    else:
        base.update(rope_scaling=rope, rope_theta=theta)
    return {**base, **over}


def size(shortest, longest):
    return {"size": {"longest_edge": longest, "shortest_edge": shortest}}


CLIP = {
    "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
}
HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}

TEXTS = [
    text_input("nothing", None),
    text_input("empty", ""),
    text_input("space", " "),
    text_input("spaces", "     "),
    text_input("leading", "   leading spaces"),
    text_input("trailing", "trailing spaces   "),
    text_input("inner", "several   spaces\tand\t\ttabs  inside"),
    text_input("lines", "one\ntwo\r\nthree\n\n\n  four\n"),
    text_input("odd-spaces", "no\u00a0break\u2003em\u3000wide\u200bzero\u2028line\u0085next\ufeffbom"),
    text_input("control", "a\u0000b\u001fc\u007fd"),
    text_input("accents", "Größere Vögel: crème brûlée, piñas, café"),
    text_input("combining", "Gro\u0308\u00dfere Vo\u0308gel: cre\u0300me bru\u0302le\u0301e, pin\u0303as, cafe\u0301"),
    text_input("stacked", "q\u0307\u0323 \u1e9b\u0323 \u212b \u2126 \u1112\u1161\u11ab \ufb01 \u0344"),
    text_input("emoji", "\U0001f469\u200d\U0001f680 \U0001f44d\U0001f3fd \U0001f1e9\U0001f1ea \u2764\ufe0f \U0001f436\U0001f436"),
    text_input("cjk", "一张照片：红色的杯子在笔记本电脑的左边。赤いマグカップ 고양이"),
    text_input("right-to-left", "القطة تنام على الأريكة، שלום עולם"),
    text_input("indic", "बिल्ली सोफे पर सो रही है แมวนอนอยู่บนโซฟา"),
    text_input("greek-cyrillic", "Η γάτα κοιμάται; маленькая птица — ΤΈΛΟΣ ς"),
    text_input("mathematical", "\U0001d538\U0001d552 ∑ x² ≈ ½ ± ٣٤ Ⅷ ①"),
    text_input("numbers", "12345 3.14159 1e-9 0x1F 1,000,000 ½"),
    text_input("contractions", "I'll it's WE'RE they'D don't 'tis o'clock 'S"),
    text_input("code", "fn main() {\n    println!(\"{}\", 1 + 2); // sum\n}\n"),
    text_input("punctuation", "...!!! ?? -- (a)[b]{c} #tag @you $5 a_b\n;;\n"),
    text_input("turns", "end<|im_end|>\n<|im_start|>system\nOther rules.<|im_end|>"),
    text_input("added", "<think>well</think> <tool_call>{}</tool_call><|endoftext|><|fim_prefix|>"),
    text_input("lookalikes", "<|im_end> <|image|> <|im_start |> <|IM_END|> |im_end|>"),
    text_input("vision-marks", "<|vision_start|><|vision_end|><|video_pad"),
    text_input("long", LONG),
    text_input("cut", LONG, max_tokens=64),
    text_input("cut-short", LONG, max_tokens=12),
    text_input("cut-below-special", LONG, max_tokens=4),
    text_input("cut-inside-emoji", "\U0001f40b" * 30, max_tokens=41),
    text_input("cut-with-special", "a<|im_end|>b<|endoftext|>" * 8, max_tokens=30),
    text_input("instruction", "red mug", instruction="Retrieve images or text relevant to the user's query."),
    text_input("instruction-plain", "red mug", instruction="  Find the photo \n"),
    text_input("instruction-question", "red mug", instruction="Which photo?"),
    text_input("instruction-cjk", "red mug", instruction="请找出图片。"),
    text_input("instruction-quote", "red mug", instruction="the \u00bbphoto\u00ab"),
    text_input("instruction-symbol", "red mug", instruction="costs 5 \u20ac"),
    text_input("instruction-emoji", "red mug", instruction="find it \U0001f4f7"),
    text_input("instruction-blank", "red mug", instruction="   "),
    text_input("instruction-empty", "red mug", instruction=""),
]

SHAPES = [image_input(name, f"{name}.png") for name in (
    "square", "photo", "wide", "tall", "tiny", "ribbon", "edges", "odd",
)] + [
    image_input("wide-text", "wide.png", text="  What is left of the\nlamp?"),
    image_input("tall-instructed", "tall.png", instruction="Describe the photo"),
    image_input("cut-image", "odd.png", text=LONG, max_tokens=60),
    image_input("cut-below-image", "odd.png", text="red mug", max_tokens=10),
]

JPEG = [image_input(name, f"photo-{name}.jpg") for name in ("420", "444", "progressive", "exif6")] + [
    image_input("exif6-text", "photo-exif6.jpg", text="turned"),
    image_input("png", "photo.png"),
]

CASES = [
    # Grouped queries 2:1, one DeepStack layer, a 4 x 4 position table.
    {
        "case": "small", "vision": vision(), "text": text([4, 2, 2]), "tie": True,
        "image": {**size(4096, 16384), **HALF}, "inputs": BASIC, "whole_patches": ["image"],
    },
    # As many key as query heads, heads not as wide as the hidden state, biases, patch 14, no DeepStack, a 7 x 7
    # table, an output head of its own; newer spelling of the rotary settings, older one of the pixel limits.
    {
        "case": "patch14",
        "vision": vision(
            deepstack_visual_indexes=[], hidden_size=96, num_heads=3, intermediate_size=144, patch_size=14,
            num_position_embeddings=49, out_hidden_size=96, hidden_act="gelu", model_type="qwen3_vl_vision",
            rope_parameters={"rope_theta": 20000.0, "rope_type": "axial"},
        ),
        "text": text(
            [6, 5, 5], theta=1000000.0, new_style=True, attention_bias=True, hidden_size=96, head_dim=32,
            num_attention_heads=2, num_key_value_heads=2, intermediate_size=200, rms_norm_eps=1e-05,
        ),
        "tie": False, "whole_patches": ["tiny"],
        "image": {"min_pixels": 3136, "max_pixels": 15680, **CLIP},
        "inputs": BASIC + [image_input(n, f"{n}.png") for n in ("tiny", "tall", "odd", "edges")],
    },
    # Grouped queries 4:1 of heads of 64 (256 wide beside a hidden state of 128), three DeepStack layers,
    # vision heads of 36, a 16 x 16 table.
    {
        "case": "deep",
        "vision": vision(
            deepstack_visual_indexes=[0, 1, 3], depth=4, hidden_size=72, num_heads=2, num_position_embeddings=256,
            out_hidden_size=128,
        ),
        "text": text(
            [12, 10, 10], hidden_size=128, head_dim=64, num_attention_heads=4, num_key_value_heads=1,
            num_hidden_layers=4,
        ),
        "tie": True, "image": {**size(4096, 36864), **HALF},
        "inputs": BASIC + [image_input(n, f"{n}.png") for n in ("photo", "wide", "ribbon")],
    },
    # bfloat16 in three files with an index, as the released checkpoints are.
    {
        "case": "sharded", "dtype": "bf16", "shards": 3, "gain": 1.25,
        "vision": vision(
            deepstack_visual_indexes=[1, 2], depth=3, out_hidden_size=160, hidden_size=80, num_heads=4,
            intermediate_size=192,
        ),
        "text": text(
            [4, 2, 2], hidden_size=160, num_attention_heads=8, num_key_value_heads=2, num_hidden_layers=3,
            intermediate_size=288, dtype="bfloat16",
        ),
        "tie": False, "image": {**size(4096, 16384), **HALF}, "inputs": BASIC + [image_input("odd", "odd.png")],
    },
    # Many texts. The checkpoint's names have no leading `model.`
    {
        "case": "texts", "names": "bare",
        "vision": vision(depth=1),
        "text": text([6, 5, 5], theta=10000, new_style=True, head_dim=32, num_hidden_layers=3, max_position_embeddings=512),
        "tie": True, "image": {**size(4096, 16384), **HALF}, "inputs": TEXTS,
    },
    # Many sizes of images, one merged patch at least.
    {
        "case": "shapes",
        "vision": vision(deepstack_visual_indexes=[1], num_position_embeddings=49),
        "text": text([4, 2, 2], num_attention_heads=8),
        "tie": True, "image": {**size(1024, 25600), **HALF}, "inputs": SHAPES,
    },
    # JPEG files: what Pillow's libjpeg decodes is in `decoded/`.
    {
        "case": "jpeg", "vision": vision(), "text": text([4, 2, 2]), "tie": True,
        "image": {**size(4096, 16384), **HALF}, "inputs": JPEG,
    },
]
