//! Single blocks of the two towers, the very ones that the model is made of, so that `make bench`
//! can hold them to other engines.

use burn::tensor::{Device, Tensor, TensorData};

use super::decoder::{Layer, Rows};
use super::rope::{text_rotary, vision_rotary};
use super::vision::Block;
use super::weights::Weights;
use crate::Result;
use crate::input::image::Grid;
use crate::ops::Spans;
use crate::package::config::{Activation, TextConfig, VisionConfig};
use crate::package::manifest::Dtype;
use crate::package::quantize::{self, pack_rows};
use crate::package::tensors::{RawTensor, Suffix};

/// A block's sizes.
#[derive(Debug, Clone, Copy)]
pub struct BlockShape {
    /// Whether it is one of the vision tower (full attention, LayerNorm, GELU) or of the decoder
    /// (causal attention with QK-norm, RMSNorm, SwiGLU).
    pub vision: bool,
    /// Patches or tokens; of patches a square number with an even root.
    pub rows: usize,
    /// Width of a row.
    pub hidden: usize,
    /// Width of the MLP.
    pub wide: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; of a vision block as many as query heads.
    pub kv_heads: usize,
    /// Size of a head.
    pub head_dim: usize,
}

/// The epsilon of all norms.
pub const EPSILON: f64 = 1e-6;

impl BlockShape {
    /// The block's tensors, with shapes as they are stored: weights are `[out, in]`.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (hidden, wide) = (self.hidden, self.wide);
        let (queries, keys) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let list: Vec<(&str, Vec<usize>)> = if self.vision {
            vec![
                ("norm1.weight", vec![hidden]),
                ("norm1.bias", vec![hidden]),
                ("norm2.weight", vec![hidden]),
                ("norm2.bias", vec![hidden]),
                ("attn.qkv.weight", vec![3 * hidden, hidden]),
                ("attn.qkv.bias", vec![3 * hidden]),
                ("attn.proj.weight", vec![hidden, hidden]),
                ("attn.proj.bias", vec![hidden]),
                ("mlp.linear_fc1.weight", vec![wide, hidden]),
                ("mlp.linear_fc1.bias", vec![wide]),
                ("mlp.linear_fc2.weight", vec![hidden, wide]),
                ("mlp.linear_fc2.bias", vec![hidden]),
            ]
        } else {
            vec![
                ("input_layernorm.weight", vec![hidden]),
                ("post_attention_layernorm.weight", vec![hidden]),
                ("self_attn.q_proj.weight", vec![queries, hidden]),
                ("self_attn.k_proj.weight", vec![keys, hidden]),
                ("self_attn.v_proj.weight", vec![keys, hidden]),
                ("self_attn.o_proj.weight", vec![hidden, queries]),
                ("self_attn.q_norm.weight", vec![self.head_dim]),
                ("self_attn.k_norm.weight", vec![self.head_dim]),
                ("mlp.gate_proj.weight", vec![wide, hidden]),
                ("mlp.up_proj.weight", vec![wide, hidden]),
                ("mlp.down_proj.weight", vec![hidden, wide]),
            ]
        };
        list.into_iter()
            .map(|(name, shape)| (name.to_owned(), shape))
            .collect()
    }

    fn vision_config(&self) -> VisionConfig {
        VisionConfig {
            depth: 1,
            hidden_size: self.hidden,
            hidden_act: Activation::GeluPytorchTanh,
            intermediate_size: self.wide,
            num_heads: self.heads,
            in_channels: 3,
            patch_size: 16,
            spatial_merge_size: 2,
            temporal_patch_size: 2,
            out_hidden_size: self.hidden,
            num_position_embeddings: 256,
            deepstack_visual_indexes: Vec::new(),
            rope_theta: 10_000.0,
        }
    }

    fn text_config(&self) -> TextConfig {
        let half = self.head_dim / 2;
        let section = half / 3;
        TextConfig {
            vocab_size: 1,
            hidden_size: self.hidden,
            intermediate_size: self.wide,
            num_hidden_layers: 1,
            num_attention_heads: self.heads,
            num_key_value_heads: self.kv_heads,
            head_dim: self.head_dim,
            hidden_act: Activation::Silu,
            max_position_embeddings: self.rows,
            rms_norm_eps: EPSILON,
            rope_theta: 10_000.0,
            mrope_section: [half - 2 * section, section, section],
            attention_bias: false,
            tie_word_embeddings: true,
        }
    }
}

/// A block on a device.
pub struct BenchBlock {
    kind: Kind,
    rows: Rows,
}

#[expect(clippy::large_enum_variant, reason = "there is one block at a time")]
enum Kind {
    Vision(Block, VisionConfig),
    Text(Layer, TextConfig),
}

impl BenchBlock {
    /// A block of the tensors that [`BlockShape::tensors`] names, in that order; linear weights
    /// are stored as `dtype`.
    ///
    /// # Errors
    /// Those of a package whose tensors have not these shapes.
    pub fn new(
        shape: &BlockShape,
        values: &[Vec<f32>],
        dtype: Dtype,
        device: &Device,
    ) -> Result<Self> {
        let mut weights = Weights::new(device, None);
        for ((name, shape), values) in shape.tensors().into_iter().zip(values) {
            let name = format!("block.{name}");
            if shape.len() == 1 || dtype == Dtype::F32 {
                weights.insert(RawTensor::f32(name, shape, values))?;
                continue;
            }
            let (rows, k) = (shape[0], shape[1]);
            let packed = pack_rows(dtype, &name, k, values)?;
            let stored = |suffix: Suffix| format!("{name}{}", suffix.as_str());
            let words = vec![rows, quantize::words_per_row(dtype, k)];
            weights.insert(RawTensor::packed(
                stored(Suffix::of(dtype)),
                words,
                packed.words,
            ))?;
            if quantize::has_scales(dtype) {
                let scales = vec![rows, quantize::scale_words(k)];
                weights.insert(RawTensor::packed(
                    stored(Suffix::Scales),
                    scales,
                    packed.scales,
                ))?;
            }
        }
        let count = shape.rows as u32;
        if shape.vision {
            let side = shape.rows.isqrt();
            let grid = Grid {
                t: 1,
                h: side,
                w: side,
            };
            let config = shape.vision_config();
            Ok(Self {
                rows: Rows {
                    rotary: vision_rotary(
                        &[grid],
                        config.spatial_merge_size,
                        shape.head_dim,
                        config.rope_theta,
                        device,
                    ),
                    spans: Spans::new(vec![[0, count, 0, 0]; shape.rows], device),
                },
                kind: Kind::Vision(Block::new(&config, "block", &mut weights)?, config),
            })
        } else {
            let config = shape.text_config();
            let positions: Vec<[u32; 3]> = (0..count).map(|i| [i; 3]).collect();
            Ok(Self {
                rows: Rows {
                    rotary: text_rotary(
                        &positions,
                        config.mrope_section,
                        shape.head_dim,
                        config.rope_theta,
                        device,
                    ),
                    spans: Spans::new((1..=count).map(|end| [0, end, 0, 0]).collect(), device),
                },
                kind: Kind::Text(Layer::new(&config, "block", &mut weights)?, config),
            })
        }
    }

    /// The block's output for `x`, `[rows, hidden]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let rows = &self.rows;
        match &self.kind {
            Kind::Vision(block, config) => block.forward(x, &rows.rotary, &rows.spans, config),
            Kind::Text(layer, config) => layer.forward(x, None, rows, rows, config),
        }
    }

    /// The rotation of every row, cosines and sines, each `[rows, head_dim / 2]`: an input of the
    /// same block elsewhere.
    pub fn rotary(&self) -> [Tensor<2>; 2] {
        [self.rows.rotary.cos.clone(), self.rows.rotary.sin.clone()]
    }
}

/// A matrix on a device.
pub fn matrix(values: &[f32], shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}
