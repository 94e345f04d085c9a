//! The shape of a `qwen3_vl` model, as its manifest (and a checkpoint's `config.json`) states it.

use serde::{Deserialize, Serialize};

use crate::ops::Activation;
use crate::{Code, Error, Result};

/// The largest attention head that the GPU kernels are made for.
const MAX_HEAD_DIM: usize = 256;

/// The whole model: vision tower and text decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The vision tower.
    pub vision: VisionConfig,
    /// The text decoder.
    pub text: TextConfig,
}

/// The vision tower. Field names follow the family's `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisionConfig {
    /// Number of transformer blocks.
    pub depth: usize,
    /// Width of a patch's hidden state.
    pub hidden_size: usize,
    /// Activation of the blocks' MLP.
    pub hidden_act: Activation,
    /// Width of the blocks' MLP.
    pub intermediate_size: usize,
    /// Attention heads; `hidden_size / num_heads` is the head size, a multiple of 4.
    pub num_heads: usize,
    /// Colour channels of a pixel.
    pub in_channels: usize,
    /// Side of a patch in pixels.
    pub patch_size: usize,
    /// Patches are merged in squares of this side before the decoder.
    pub spatial_merge_size: usize,
    /// Frames in a patch; a still image repeats its one frame.
    pub temporal_patch_size: usize,
    /// Width of the merged output, equal to the decoder's hidden size.
    pub out_hidden_size: usize,
    /// Entries of the learned position table, a square number.
    pub num_position_embeddings: usize,
    /// Blocks whose hidden states are also handed to the first decoder layers (DeepStack).
    pub deepstack_visual_indexes: Vec<usize>,
    /// Base of the 2-D rotary frequencies.
    pub rope_theta: f64,
}

/// The text decoder. Field names follow the family's `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextConfig {
    /// Rows of the token embedding table.
    pub vocab_size: usize,
    /// Width of a token's hidden state.
    pub hidden_size: usize,
    /// Width of the SwiGLU MLP.
    pub intermediate_size: usize,
    /// Number of decoder layers.
    pub num_hidden_layers: usize,
    /// Query heads.
    pub num_attention_heads: usize,
    /// Key and value heads; divides the query heads.
    pub num_key_value_heads: usize,
    /// Size of a head, even.
    pub head_dim: usize,
    /// Activation of the gate.
    pub hidden_act: Activation,
    /// Longest sequence, in positions.
    pub max_position_embeddings: usize,
    /// Epsilon of every RMSNorm.
    pub rms_norm_eps: f64,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// Rotary frequencies given to time, height and width; time takes what the others leave.
    pub mrope_section: [usize; 3],
    /// Whether the attention's projections have biases.
    pub attention_bias: bool,
    /// Whether the checkpoint's output head shared the embedding table (kept as provenance: an
    /// embedder has no output head).
    pub tie_word_embeddings: bool,
}

impl VisionConfig {
    /// Size of one attention head.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.num_heads
    }

    /// Values in one flattened patch: `channels × temporal × side × side`.
    pub fn patch_values(&self) -> usize {
        self.in_channels * self.temporal_patch_size * self.patch_size * self.patch_size
    }

    /// Side of the square position table.
    pub fn position_side(&self) -> usize {
        self.num_position_embeddings.isqrt()
    }
}

impl Config {
    /// Checks that the numbers describe a model that can exist.
    ///
    /// # Errors
    /// [`Code::Config`], naming the field and what it must be.
    pub(super) fn check_numbers(&self) -> Result<()> {
        let fail = |field: &str, why: String| Err(Error::new(Code::Config, field, why));
        let (v, t) = (&self.vision, &self.text);
        for (field, value, most) in [
            ("vision.depth", v.depth, 1 << 10),
            ("vision.hidden_size", v.hidden_size, 1 << 16),
            ("vision.intermediate_size", v.intermediate_size, 1 << 18),
            ("vision.num_heads", v.num_heads, 1 << 10),
            ("vision.in_channels", v.in_channels, 16),
            ("vision.patch_size", v.patch_size, 256),
            ("vision.spatial_merge_size", v.spatial_merge_size, 16),
            ("vision.temporal_patch_size", v.temporal_patch_size, 16),
            ("vision.out_hidden_size", v.out_hidden_size, 1 << 16),
            (
                "vision.num_position_embeddings",
                v.num_position_embeddings,
                1 << 20,
            ),
            ("text.vocab_size", t.vocab_size, 1 << 24),
            ("text.hidden_size", t.hidden_size, 1 << 16),
            ("text.intermediate_size", t.intermediate_size, 1 << 18),
            ("text.num_hidden_layers", t.num_hidden_layers, 1 << 10),
            ("text.num_attention_heads", t.num_attention_heads, 1 << 10),
            ("text.num_key_value_heads", t.num_key_value_heads, 1 << 10),
            ("text.head_dim", t.head_dim, 1 << 10),
            (
                "text.max_position_embeddings",
                t.max_position_embeddings,
                1 << 24,
            ),
        ] {
            if value == 0 || value > most {
                return fail(
                    field,
                    format!("is {value}; it must be between 1 and {most}"),
                );
            }
        }
        if !v.hidden_size.is_multiple_of(v.num_heads) || !v.head_dim().is_multiple_of(4) {
            return fail(
                "vision.num_heads",
                format!(
                    "hidden_size {} must split into {} heads of a multiple of 4",
                    v.hidden_size, v.num_heads
                ),
            );
        }
        if v.position_side() * v.position_side() != v.num_position_embeddings {
            return fail(
                "vision.num_position_embeddings",
                format!(
                    "is {}; it must be a square number",
                    v.num_position_embeddings
                ),
            );
        }
        if v.out_hidden_size != t.hidden_size {
            return fail(
                "vision.out_hidden_size",
                format!(
                    "is {}, but text.hidden_size is {}",
                    v.out_hidden_size, t.hidden_size
                ),
            );
        }
        if v.in_channels != 3 {
            return fail(
                "vision.in_channels",
                format!("is {}; images have 3", v.in_channels),
            );
        }
        let deep = &v.deepstack_visual_indexes;
        if deep.iter().any(|&i| i >= v.depth) {
            return fail(
                "vision.deepstack_visual_indexes",
                format!("{deep:?} must name blocks below {}", v.depth),
            );
        }
        if !t.num_attention_heads.is_multiple_of(t.num_key_value_heads) {
            return fail(
                "text.num_key_value_heads",
                format!(
                    "{} must divide {}",
                    t.num_key_value_heads, t.num_attention_heads
                ),
            );
        }
        if !t.head_dim.is_multiple_of(2) {
            return fail(
                "text.head_dim",
                format!("is {}; it must be even", t.head_dim),
            );
        }
        for (field, dim) in [
            ("text.head_dim", t.head_dim),
            ("vision.num_heads", v.head_dim()),
        ] {
            if dim > MAX_HEAD_DIM {
                return fail(
                    field,
                    format!("makes heads of {dim}; attention is built for {MAX_HEAD_DIM} at most"),
                );
            }
        }
        for (field, value) in [
            ("vision.rope_theta", v.rope_theta),
            ("text.rope_theta", t.rope_theta),
            ("text.rms_norm_eps", t.rms_norm_eps),
        ] {
            if !value.is_finite() || value <= 0.0 {
                return fail(field, format!("is {value}; it must be a positive number"));
            }
        }
        Ok(())
    }
}
