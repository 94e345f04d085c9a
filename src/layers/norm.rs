//! Norms over rows.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Held, held};
use crate::ops;

/// RMSNorm with its weight.
#[derive(Module, Debug)]
pub struct RmsNorm {
    weight: Held<1>,
    #[module(skip)]
    epsilon: f32,
}

impl RmsNorm {
    /// A norm over `weight`'s width.
    pub fn new(weight: Held<1>, epsilon: f64) -> Self {
        Self {
            weight,
            epsilon: epsilon as f32,
        }
    }

    /// Normalises every row.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        ops::rms_norm(x, &held(&self.weight), self.epsilon)
    }

    /// Weight and epsilon, for the fused [`norm_rotary`](ops::norm_rotary).
    pub fn parts(&self) -> (Tensor<1>, f32) {
        (held(&self.weight), self.epsilon)
    }
}

/// LayerNorm with weight and bias.
#[derive(Module, Debug)]
pub struct LayerNorm {
    weight: Held<1>,
    bias: Held<1>,
    #[module(skip)]
    epsilon: f32,
}

impl LayerNorm {
    /// A norm over the width of weight and bias.
    pub fn new(weight: Held<1>, bias: Held<1>, epsilon: f64) -> Self {
        Self {
            weight,
            bias,
            epsilon: epsilon as f32,
        }
    }

    /// Normalises every row.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        ops::layer_norm(x, &held(&self.weight), &held(&self.bias), self.epsilon)
    }
}
