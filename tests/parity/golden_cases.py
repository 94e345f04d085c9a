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


HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}

CASES = [
    {
        "case": "small", "vision": vision(), "text": text([4, 2, 2]), "tie": True,
        "image": {**size(4096, 16384), **HALF}, "inputs": BASIC, "whole_patches": ["image"],
    },
]
