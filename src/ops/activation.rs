//! An activation by itself, with an optional factor: what training takes in place of a linear
//! layer's fused activation, because its derivative needs the value before the activation.

use burn::Tensor;
use burn::backend::Dispatch;

use super::Kernels;
use super::linear::activate;
use crate::ops::Activation;

/// Everything about an [`activated`] that is not a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActivationSpec {
    /// The activation.
    pub activation: Activation,
    /// Whether the factor is read.
    pub multiply: bool,
}

/// `activation(x)`, or `activation(x) ⊙ factor`: with the gate as `x` and the up projection as
/// `factor` that is SwiGLU in one pass forward and one backward (Shazeer, arXiv 2002.05202).
///
/// All tensors are `[rows, width]`. Without gradients [`linear`](super::linear()) does the same
/// at the end of its product, which is faster.
pub fn activated(x: Tensor<2>, activation: Activation, factor: Option<Tensor<2>>) -> Tensor<2> {
    let spec = ActivationSpec {
        activation,
        multiply: factor.is_some(),
    };
    let x = x.into_dispatch();
    let factor = factor.map_or_else(|| x.clone(), |factor| factor.into_dispatch());
    Tensor::from_dispatch(Dispatch::activated(x, factor, spec))
}

/// The definition of [`activated`].
pub fn activated_reference(
    x: Tensor<2>,
    activation: Activation,
    factor: Option<Tensor<2>>,
) -> Tensor<2> {
    let y = activate(x, activation);
    match factor {
        Some(factor) => y * factor,
        None => y,
    }
}
