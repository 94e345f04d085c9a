"""Qwen3-VL for one picture of a known size, so that it can be exported: `transformers`' modules without what depends on
the data. What the size decides is computed once. The vector is the last token's.
"""

import torch
import torch.nn.functional as F
from transformers.models.qwen3_vl.modeling_qwen3_vl import apply_rotary_pos_emb_vision


def prompt(content: str) -> str:
    """The chat format of the published embedding models."""
    return (
        "<|im_start|>system\nRepresent the user's input.<|im_end|>\n"
        f"<|im_start|>user\n{content}<|im_end|>\n<|im_start|>assistant\n"
    )


def picture(side: int) -> str:
    """The content that is one picture of so many pixels on a side."""
    return f"<|vision_start|>{'<|image_pad|>' * (side // 32) ** 2}<|vision_end|>"


class Attention(torch.nn.Module):
    """All patches see all; `transformers` cuts them by picture."""

    def __init__(self, own):
        super().__init__()
        self.own = own

    def forward(self, hidden_states, position_embeddings, **_):
        own, rows = self.own, len(hidden_states)
        query, key, value = own.qkv(hidden_states).reshape(rows, 3, own.num_heads, -1).unbind(1)
        query, key = apply_rotary_pos_emb_vision(query, key, *position_embeddings)
        query, key, value = (x.transpose(0, 1) for x in (query, key, value))
        shares = F.softmax(query @ key.transpose(1, 2) * own.scaling, -1)
        return own.proj((shares @ value).transpose(0, 1).reshape(rows, -1))


def product(patch_embed) -> None:
    """A convolution whose windows do not overlap is a product; PyTorch and ONNX are slower at the former."""
    proj = patch_embed.proj
    patch_embed.forward = lambda x: F.linear(x, proj.weight.flatten(1), proj.bias)


class Pictures(torch.nn.Module):
    """Patches, `[patches, values]`, to the vector; `ids` are those of the prompt with the picture."""

    def __init__(self, model, ids: torch.Tensor, side: int):
        super().__init__()
        visual, language = model.visual, model.language_model
        product(visual.patch_embed)
        grid = torch.tensor([[1, side // 16, side // 16]])
        seen = ids == model.config.image_token_id
        self.before = int(seen[0].int().argmax())
        self.after = ids.shape[1] - self.before - int(seen.sum())
        blank = torch.zeros(int(grid.prod()), visual.patch_embed.proj.weight[0].numel())
        # What the first block is given beside the patches themselves.
        given = {}
        hook = visual.blocks[0].register_forward_pre_hook(
            lambda _, args, more: given.update(more, hidden=args[0]), with_kwargs=True,
        )
        visual(blank, grid_thw=grid)
        hook.remove()
        places = given["hidden"] - visual.patch_embed(blank)
        cos, sin = given["position_embeddings"]
        positions, _ = model.get_rope_index(ids, seen.int(), image_grid_thw=grid)
        for name, value in {"places": places, "cos": cos, "sin": sin, "positions": positions,
                            "around": language.embed_tokens(ids)}.items():
            self.register_buffer(name, value.detach().clone())
        for block in visual.blocks:
            block.attn = Attention(block.attn)
        language._deepstack_process = lambda x, _, features: x + self.padded(features)
        self.visual, self.language = visual, language

    def padded(self, rows):
        return F.pad(rows, (0, 0, self.before, self.after))

    def forward(self, pixel_values):
        visual, x, deep = self.visual, self.visual.patch_embed(pixel_values) + self.places, []
        for i, block in enumerate(visual.blocks):
            x = block(x, cu_seqlens=None, position_embeddings=(self.cos, self.sin))
            if i in visual.deepstack_visual_indexes:
                deep.append(visual.deepstack_merger_list[len(deep)](x))
        end = self.around.shape[1] - self.after
        rows = [self.around[0, :self.before], visual.merger(x), self.around[0, end:]]
        states = self.language(
            inputs_embeds=torch.cat(rows)[None], position_ids=self.positions, deepstack_visual_embeds=deep,
            use_cache=False,
        )
        return states.last_hidden_state[:, -1]


class Texts(torch.nn.Module):
    """Token ids, `[1, length]`, to the vector."""

    def __init__(self, model):
        super().__init__()
        self.language = model.language_model

    def forward(self, input_ids):
        return self.language(input_ids=input_ids, use_cache=False).last_hidden_state[:, -1]
