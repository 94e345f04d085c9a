//! Depthwise convolution: every channel with a kernel of its own.

use burn::backend::Dispatch;
use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::linear::activate;
use super::{Activation, InferenceKernels, Window};

/// Everything about a [`depthwise`] that is not a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DepthwiseSpec {
    /// The windows.
    pub window: Window,
    /// The activation, after the bias.
    pub activation: Option<Activation>,
}

/// `activation(Σ over a window of x ⊙ weight + bias)`, channel by channel.
///
/// `x` is `[n · height · width, channels]`, `weight` `[kernel · kernel, channels]` by the window's rows, then
/// its columns, `bias` `[channels]`, the result `[n · windows, channels]`. Howard et al., arXiv 1704.04861.
pub fn depthwise(
    x: Tensor<2>,
    weight: &Tensor<2>,
    bias: &Tensor<1>,
    window: &Window,
    activation: Option<Activation>,
) -> Tensor<2> {
    if super::needs_reference(&x) {
        return depthwise_reference(x, weight, bias, window, activation);
    }
    let spec = DepthwiseSpec {
        window: *window,
        activation,
    };
    Tensor::from_dispatch(Dispatch::depthwise(
        x.into_dispatch(),
        weight.clone().into_dispatch(),
        bias.clone().into_dispatch(),
        spec,
    ))
}

/// The definition of [`depthwise`].
pub fn depthwise_reference(
    x: Tensor<2>,
    weight: &Tensor<2>,
    bias: &Tensor<1>,
    window: &Window,
    activation: Option<Activation>,
) -> Tensor<2> {
    let [rows, channels] = x.dims();
    let kernel = weight
        .clone()
        .transpose()
        .reshape([channels, 1, window.kernel, window.kernel]);
    let options = ConvOptions::new([window.stride; 2], [0; 2], [1; 2], channels);
    let y = conv2d(window.padded(x), kernel, Some(bias.clone()), options)
        .narrow(2, 0, window.rows)
        .narrow(3, 0, window.columns)
        .permute([0, 2, 3, 1])
        .reshape([rows / window.inputs() * window.outputs(), channels]);
    match activation {
        Some(activation) => activate(y, activation),
        None => y,
    }
}
