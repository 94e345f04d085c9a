//! Single blocks of the two towers, the very ones that the model is made of, so that `make bench`
//! can hold them to other engines.

use burn::tensor::{Device, Tensor, TensorData};

use super::config::{TextConfig, VisionConfig};
use super::decoder::{Layer, Rows};
use super::rope::{text_rotary, vision_rotary};
use super::vision::Block;
use crate::Result;
use crate::families::Grid;
use crate::layers::{Vars, Weights};
use crate::ops::{Activation, Precision, Spans};
use crate::tensors::{Dtype, RawTensor, TensorSpec};

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
        let specs = self.specs().into_iter();
        specs.map(|spec| (spec.name, spec.shape)).collect()
    }

    fn specs(&self) -> Vec<TensorSpec> {
        let (vars, list) = Vars::recording();
        // Nothing is looked up, so nothing can be missing.
        let _ = self.build(&vars);
        list.take()
    }

    fn build(&self, vars: &Vars) -> Result<Kind> {
        if self.vision {
            let config = self.vision_config();
            Ok(Kind::Vision(Block::new(&config, vars)?, config))
        } else {
            let config = self.text_config();
            Ok(Kind::Text(Layer::new(&config, vars)?, config))
        }
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
        let mut weights = Weights::new(device, None).with_precision(Precision::Fast);
        for (spec, values) in shape.specs().iter().zip(values) {
            for tensor in RawTensor::stored(spec, spec.stored_dtype(dtype), values)? {
                weights.insert(tensor)?;
            }
        }
        let kind = shape.build(&Vars::new(weights))?;
        let count = shape.rows as u32;
        let rows = match &kind {
            Kind::Vision(_, config) => {
                let side = shape.rows.isqrt();
                let grid = Grid {
                    t: 1,
                    h: side,
                    w: side,
                };
                let (merge, theta) = (config.spatial_merge_size, config.rope_theta);
                Rows {
                    rotary: vision_rotary(&[grid], merge, shape.head_dim, theta, device),
                    spans: Spans::new(vec![[0, count, 0, 0]; shape.rows], device),
                }
            }
            Kind::Text(_, config) => {
                let positions: Vec<[u32; 3]> = (0..count).map(|i| [i; 3]).collect();
                let (sections, theta) = (config.mrope_section, config.rope_theta);
                Rows {
                    rotary: text_rotary(&positions, sections, shape.head_dim, theta, device),
                    spans: Spans::new((1..=count).map(|end| [0, end, 0, 0]).collect(), device),
                }
            }
        };
        Ok(Self { kind, rows })
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
