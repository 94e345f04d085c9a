//! A linear layer whose weight says how it is stored, with bias, activation and a final sum or
//! product in the same pass.

use std::ops::Range;

use burn::backend::Dispatch;
use burn::tensor::activation::{relu, sigmoid, silu};
use burn::tensor::{Int, Tensor, TensorData};

use super::Kernels;
use super::function::Activation;
use crate::tensors::Packing;

/// How a processor multiplies with q8 and q4 weights. A GPU, and weights of floats, know no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// As whole numbers of twelve bits, the activations too.
    #[default]
    Fast,
    /// As floats: the numbers are what a GPU would make of them.
    Exact,
}

/// The weight of a linear layer, `[out_features, in_features]`.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "a handful of handles, made once for a call"
)]
pub enum Weight {
    /// 32-bit floats.
    Float(Tensor<2>),
    /// Packed words, unpacked inside the kernel.
    Packed {
        /// How values lie in the words.
        packing: Packing,
        /// Input features, without padding.
        in_features: usize,
        /// `[out_features, packing.words_per_row(in_features)]`, of `u32`.
        words: Tensor<2, Int>,
        /// `[out_features, packing.scale_words_per_row(in_features)]`, of `u32`; absent for f16.
        scales: Option<Tensor<2, Int>>,
        /// How a processor multiplies with it.
        precision: Precision,
    },
}

impl Weight {
    /// `[out_features, in_features]`.
    pub fn shape(&self) -> [usize; 2] {
        match self {
            Weight::Float(weight) => weight.dims(),
            Weight::Packed {
                in_features, words, ..
            } => [words.dims()[0], *in_features],
        }
    }

    /// The weight of some of its outputs.
    pub fn rows(&self, range: Range<usize>) -> Self {
        match self {
            Weight::Float(weight) => Weight::Float(weight.clone().slice([range])),
            Weight::Packed {
                packing,
                in_features,
                words,
                scales,
                precision,
            } => Weight::Packed {
                packing: *packing,
                in_features: *in_features,
                precision: *precision,
                words: words.clone().slice([range.clone()]),
                scales: scales.clone().map(|scales| scales.slice([range])),
            },
        }
    }

    /// The stored numbers as floats, `[out_features, in_features]`, on the same device.
    ///
    /// Reads back through the host: for tests and for the reference, not for a hot path.
    pub fn to_float(&self) -> Tensor<2> {
        let (packing, in_features, words, scales) = match self {
            Weight::Float(weight) => return weight.clone(),
            Weight::Packed {
                packing,
                in_features,
                words,
                scales,
                ..
            } => (*packing, *in_features, words, scales),
        };
        let host =
            |tensor: &Tensor<2, Int>| -> Vec<u32> { tensor.to_data().iter::<u32>().collect() };
        let rows = words.dims()[0];
        let (words_row, scales_row) = (
            packing.words_per_row(in_features),
            packing.scale_words_per_row(in_features),
        );
        let (word_data, scale_data) = (host(words), scales.as_ref().map(host).unwrap_or_default());
        let mut out = vec![0.0; rows * in_features];
        for (row, out) in out.chunks_mut(in_features).enumerate() {
            packing.unpack_row(
                &word_data[row * words_row..][..words_row],
                &scale_data[row * scales_row..][..scales_row],
                out,
            );
        }
        Tensor::from_data(TensorData::new(out, [rows, in_features]), &words.device())
    }
}

/// What is done with a second tensor `[rows, out_features]` at the very end.
#[derive(Debug, Clone)]
pub enum Combine {
    /// Nothing.
    Nothing,
    /// Add it: the residual connection.
    Add(Tensor<2>),
    /// Multiply by it: the gate of SwiGLU.
    Multiply(Tensor<2>),
}

/// The tensor-free form of [`Combine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CombineKind {
    /// No second tensor.
    Nothing,
    /// Added.
    Add,
    /// Multiplied.
    Multiply,
}

/// Everything about a [`linear`] that is not a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinearSpec {
    /// How the weight is packed; `None` for floats.
    pub packing: Option<Packing>,
    /// How a processor multiplies with a packed weight.
    pub precision: Precision,
    /// Columns of `x`.
    pub in_features: usize,
    /// Columns of the result.
    pub out_features: usize,
    /// Whether the bias is read.
    pub bias: bool,
    /// The activation, after the bias.
    pub activation: Option<Activation>,
    /// The final sum or product.
    pub combine: CombineKind,
}

/// `combine(activation(x · weightᵀ + bias))`.
///
/// `x` is `[rows, in_features]`, `bias` `[out_features]`, the result `[rows, out_features]`.
/// SwiGLU is two calls: the gate with [`Activation::Silu`], then the up projection with
/// [`Combine::Multiply`] of it, so that no pass of its own is needed.
///
/// Gradients go to `x`, a weight of floats, the bias and the second tensor; a packed weight is
/// frozen.
pub fn linear(
    x: Tensor<2>,
    weight: &Weight,
    bias: Option<&Tensor<1>>,
    activation: Option<Activation>,
    combine: Combine,
) -> Tensor<2> {
    if super::is_tracked(&x) {
        return linear_reference(x, weight, bias, activation, combine);
    }
    let [out_features, in_features] = weight.shape();
    let (combine, other) = match combine {
        Combine::Nothing => (CombineKind::Nothing, None),
        Combine::Add(other) => (CombineKind::Add, Some(other)),
        Combine::Multiply(other) => (CombineKind::Multiply, Some(other)),
    };
    let (packing, precision) = match weight {
        Weight::Float(_) => (None, Precision::Exact),
        Weight::Packed {
            packing, precision, ..
        } => (Some(*packing), *precision),
    };
    let spec = LinearSpec {
        packing,
        precision,
        in_features,
        out_features,
        bias: bias.is_some(),
        activation,
        combine,
    };
    let x = x.into_dispatch();
    let bias = bias.map_or_else(|| x.clone(), |bias| bias.clone().into_dispatch());
    let other = other.map_or_else(|| x.clone(), |other| other.into_dispatch());
    Tensor::from_dispatch(match weight {
        Weight::Float(weight) => {
            Dispatch::linear_float(x, weight.clone().into_dispatch(), bias, other, spec)
        }
        Weight::Packed { words, scales, .. } => {
            let words = words.clone().into_dispatch();
            let scales = scales
                .as_ref()
                .map_or_else(|| words.clone(), |s| s.clone().into_dispatch());
            Dispatch::linear_packed(x, words, scales, bias, other, spec)
        }
    })
}

/// The definition of [`linear`].
pub fn linear_reference(
    x: Tensor<2>,
    weight: &Weight,
    bias: Option<&Tensor<1>>,
    activation: Option<Activation>,
    combine: Combine,
) -> Tensor<2> {
    let mut y = x.matmul(weight.to_float().transpose());
    if let Some(bias) = bias {
        y = y + bias.clone().unsqueeze();
    }
    if let Some(activation) = activation {
        y = activate(y, activation);
    }
    match combine {
        Combine::Nothing => y,
        Combine::Add(other) => y + other,
        Combine::Multiply(other) => y * other,
    }
}

/// An activation by its formula.
pub fn activate<const D: usize>(x: Tensor<D>, activation: Activation) -> Tensor<D> {
    match activation {
        Activation::Gelu => burn::tensor::activation::gelu(x),
        Activation::GeluPytorchTanh => {
            let inner = (x.clone() + x.clone().powi_scalar(3) * 0.044715)
                * std::f64::consts::FRAC_2_PI.sqrt();
            x * (inner.tanh() + 1.0) * 0.5
        }
        Activation::QuickGelu => x.clone() * sigmoid(x * 1.702),
        Activation::Silu => silu(x),
        Activation::Relu => relu(x),
        Activation::Relu6 => relu(x).clamp_max(6.0),
    }
}
