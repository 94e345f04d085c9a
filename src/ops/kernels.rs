//! The backend extension: which kernels a backend brings.

use burn::Tensor;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, backend_extension};

#[cfg(feature = "autodiff")]
use super::activation::ActivationSpec;
use super::attention::AttentionSpec;
use super::depthwise::DepthwiseSpec;
use super::linear::LinearSpec;
use super::rotary::RotarySpec;
use super::window::Window;

/// Whether gradients may be wanted through `x` and the kernels have no derivatives, so that the
/// reference has to be taken.
///
/// With the feature `autodiff` they have. And never in a page: it does not train. As that is known
/// when it is compiled, the references are not in the browser engines, nor are the matrix products
/// of Burn that only they call, which would make up a fifth of the download.
pub(super) fn is_tracked<const D: usize>(x: &Tensor<D>) -> bool {
    !cfg!(any(target_family = "wasm", feature = "autodiff")) && x.device().is_autodiff()
}

/// Whether gradients may be wanted through `x`, for operations whose kernels have no derivatives
/// ([`InferenceKernels`]): then the reference is taken.
pub(super) fn needs_reference<const D: usize>(x: &Tensor<D>) -> bool {
    !cfg!(target_family = "wasm") && x.device().is_autodiff()
}

/// The kernels that a backend brings. An operand that a spec declares absent is handed as any
/// other tensor and is not read (the extension has no optional tensors).
#[backend_extension(
    Cube: cfg(feature = "gpu"),
    Flex: cfg(feature = "cpu"),
    Autodiff: cfg(feature = "autodiff")
)]
pub trait Kernels: Backend {
    /// [`linear`](super::linear()) with a weight of floats, `[out, in]`.
    fn linear_float(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        other: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self>;

    /// [`linear`](super::linear()) with a packed weight: `u32` words and, for q8 and q4, pairs of f16 scales.
    fn linear_packed(
        x: FloatTensor<Self>,
        words: IntTensor<Self>,
        scales: IntTensor<Self>,
        bias: FloatTensor<Self>,
        other: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self>;

    /// [`span_attention`](super::span_attention).
    fn span_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        spans: IntTensor<Self>,
        spec: AttentionSpec,
    ) -> FloatTensor<Self>;

    /// [`norm_rotary`](super::norm_rotary).
    fn norm_rotary(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        spec: RotarySpec,
    ) -> FloatTensor<Self>;

    /// [`rms_norm`](super::rms_norm).
    fn rms_norm(x: FloatTensor<Self>, weight: FloatTensor<Self>, epsilon: f32)
    -> FloatTensor<Self>;

    /// [`layer_norm`](super::layer_norm).
    fn layer_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self>;

    /// [`activated`](super::activated).
    #[cfg(feature = "autodiff")]
    fn activated(
        x: FloatTensor<Self>,
        factor: FloatTensor<Self>,
        spec: ActivationSpec,
    ) -> FloatTensor<Self>;
}

/// Kernels without derivatives of their own: gradients go through the references, by Burn's autodiff.
#[backend_extension(Cube: cfg(feature = "gpu"), Flex: cfg(feature = "cpu"))]
pub trait InferenceKernels: Backend {
    /// [`windows`](super::windows).
    fn windows(x: FloatTensor<Self>, window: Window) -> FloatTensor<Self>;

    /// [`depthwise`](super::depthwise()).
    fn depthwise(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        spec: DepthwiseSpec,
    ) -> FloatTensor<Self>;

    /// [`pool_regions`](super::pool_regions), and [`pool_own_regions`](super::pool_own_regions) where `weights` has
    /// `regions` rows for each map.
    fn pool_regions(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        regions: usize,
    ) -> FloatTensor<Self>;

    /// [`top_softmax`](super::top_softmax()).
    fn top_softmax(x: FloatTensor<Self>, keep: usize, temperature: f32) -> FloatTensor<Self>;
}
