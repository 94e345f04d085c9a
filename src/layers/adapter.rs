//! Low-rank adapters: small trained additions to the weights of linear layers.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::param;
use crate::ops::{self, Combine, Weight};

/// An addition `scale · B · A` to a linear layer's weight (LoRA: Hu et al., arXiv 2106.09685).
#[derive(Module, Debug)]
pub struct Adapter {
    /// A, `[rank, in_features]`.
    down: Param<Tensor<2>>,
    /// B, `[out_features, rank]`.
    up: Param<Tensor<2>>,
    #[module(skip)]
    scale: f32,
    #[module(skip)]
    dropout: Option<Dropout>,
}

/// Inputs of an adapter that are left out in training. The same seed leaves out the same ones, so
/// that a second pass over a batch repeats the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// Share of the inputs that are left out, 0 to below 1.
    pub probability: f32,
    /// Decides which.
    pub seed: u64,
}

impl Adapter {
    /// An adapter of A `[rank, in_features]` and B `[out_features, rank]`.
    pub fn new(down: Tensor<2>, up: Tensor<2>, scale: f32, dropout: Option<Dropout>) -> Self {
        Self {
            down: param(down),
            up: param(up),
            scale,
            dropout: dropout.filter(|d| d.probability > 0.0),
        }
    }

    /// The addition to some of the layer's outputs.
    pub(super) fn outputs(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            down: param(self.down.val()),
            up: param(self.up.val().slice([range])),
            ..self.clone()
        }
    }

    /// `scale · B · A · x`, `[rows, out_features]`.
    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let x = match &self.dropout {
            Some(dropout) => {
                let mask = dropout.mask(x.dims(), &x.device());
                x * mask
            }
            None => x,
        };
        let multiply = |x, weight: &Param<Tensor<2>>| {
            let weight = Weight::Float(weight.val());
            ops::linear(x, &weight, None, None, Combine::Nothing)
        };
        multiply(multiply(x, &self.down), &self.up) * self.scale
    }
}

impl Dropout {
    /// Zero where an input is left out, 1 / (1 − probability) elsewhere.
    fn mask(&self, [rows, columns]: [usize; 2], device: &Device) -> Tensor<2> {
        let kept = 1.0 / (1.0 - self.probability);
        let below = (f64::from(self.probability) * 2f64.powi(32)) as u32;
        let values: Vec<f32> = (0..(rows * columns) as u64)
            .map(|i| {
                let drawn = mix(self
                    .seed
                    .wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
                if (drawn >> 32) as u32 >= below {
                    kept
                } else {
                    0.0
                }
            })
            .collect();
        Tensor::from_data(TensorData::new(values, [rows, columns]), device)
    }
}

/// The finaliser of SplitMix64 (Steele et al., 2014): every input bit moves every output bit.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::*;

    #[test]
    fn dropout_keeps_the_mean_and_repeats_itself() {
        let dropout = Dropout {
            probability: 0.25,
            seed: 7,
        };
        let device = Device::flex();
        let mask = |dropout: &Dropout| -> Vec<f32> {
            let mask = dropout.mask([100, 200], &device);
            mask.into_data().try_into_vec().unwrap()
        };
        let values = mask(&dropout);
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        assert_eq!(values, mask(&dropout));
        assert_ne!(values, mask(&Dropout { seed: 8, ..dropout }));
    }
}
