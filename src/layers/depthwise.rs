//! A depthwise convolution with its weight and bias.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Held, held};
use crate::ops::{self, Activation, Window};

/// A depthwise convolution.
#[derive(Module, Debug)]
pub struct Depthwise {
    weight: Held<2>,
    bias: Held<1>,
}

impl Depthwise {
    /// Of a weight `[kernel · kernel, channels]` and a bias `[channels]`.
    pub fn new(weight: Held<2>, bias: Held<1>) -> Self {
        Self { weight, bias }
    }

    /// Feature maps `[n · height · width, channels]` to `[n · windows, channels]`.
    pub fn forward(&self, x: Tensor<2>, window: &Window, activation: Activation) -> Tensor<2> {
        let (weight, bias) = (held(&self.weight), held(&self.bias));
        ops::depthwise(x, &weight, &bias, window, Some(activation))
    }
}
