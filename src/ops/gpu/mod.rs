//! WGSL launches: how each operation's kernel in `shaders/` is chosen, bound and dispatched.
//!
//! A kernel has a variant for GPUs and one for software adapters ([`adapter::Kind`]). Its text
//! comes from several files (`text`), its bindings from the tensors that are bound (`launch`).

#[cfg(feature = "autodiff")]
mod activation;
pub mod adapter;
mod attention;
#[cfg(feature = "autodiff")]
mod attention_backward;
#[cfg(feature = "autodiff")]
mod backward;
mod inference;
mod launch;
mod linear;
#[cfg(feature = "autodiff")]
mod linear_backward;
mod norm;
#[cfg(feature = "autodiff")]
mod rows_backward;
mod text;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_cubecl::CubeBackend;

use super::Kernels;
#[cfg(feature = "autodiff")]
use super::activation::ActivationSpec;
use super::attention::AttentionSpec;
use super::linear::LinearSpec;
use super::rotary::RotarySpec;

impl Kernels for CubeBackend {
    fn linear_float(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        other: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        linear::linear(x, linear::Stored::Float(weight), bias, other, spec)
    }

    fn linear_packed(
        x: FloatTensor<Self>,
        words: IntTensor<Self>,
        scales: IntTensor<Self>,
        bias: FloatTensor<Self>,
        other: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        let weight = linear::Stored::Packed { words, scales };
        linear::linear(x, weight, bias, other, spec)
    }

    fn span_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        spans: IntTensor<Self>,
        spec: AttentionSpec,
    ) -> FloatTensor<Self> {
        attention::span_attention(query, key, value, spans, spec)
    }

    fn norm_rotary(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        spec: RotarySpec,
    ) -> FloatTensor<Self> {
        norm::norm_rotary(x, weight, cos, sin, spec)
    }

    fn rms_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        norm::norm(x, weight, None, epsilon)
    }

    fn layer_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        norm::norm(x, weight, Some(bias), epsilon)
    }
    #[cfg(feature = "autodiff")]
    fn activated(
        x: FloatTensor<Self>,
        factor: FloatTensor<Self>,
        spec: ActivationSpec,
    ) -> FloatTensor<Self> {
        activation::activated(x, factor, spec)
    }
}
