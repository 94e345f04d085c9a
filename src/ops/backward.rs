//! What a backend brings so that gradients go through its kernels.
//!
//! [`BackwardKernels`] are the hand-written derivatives of [`Kernels`]; `autodiff` puts both
//! together into operations that Burn can differentiate. In all of them `grad` is the derivative
//! of the loss by the operation's result, every `[bool]` says which derivatives are wanted, and
//! what is not wanted is `None` and not computed. Sums over rows are taken in an order that does
//! not depend on how many threads there are: the same operands give the same bits.

use burn::backend::tensor::{FloatTensor, IntTensor};

use super::Kernels;
use super::activation::ActivationSpec;
use super::attention::AttentionSpec;
use super::linear::LinearSpec;
use super::rotary::RotarySpec;

/// A backend's derivatives of [`Kernels`].
pub trait BackwardKernels: Kernels {
    /// `grad · W`, `[rows, in]`: the derivative of [`linear`](super::linear()) by its input.
    fn linear_input_gradient(
        grad: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self>;

    /// [`linear_input_gradient`](Self::linear_input_gradient) with a packed weight, which is
    /// unpacked a panel or a tile at a time.
    fn linear_packed_input_gradient(
        grad: FloatTensor<Self>,
        words: IntTensor<Self>,
        scales: IntTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self>;

    /// `gradᵀ · x`, `[out, in]`: the derivative by a weight of floats.
    fn linear_weight_gradient(
        grad: FloatTensor<Self>,
        x: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self>;

    /// The sums of the columns of a matrix, `[columns]`: the derivative by a bias.
    fn column_sums(grad: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Derivatives of [`span_attention`](super::span_attention) by query, key and value, each as
    /// wide as its operand and zero in the columns that are not read. The softmax is computed
    /// again; its matrix is never stored.
    fn span_attention_backward(
        operands: AttentionOperands<Self>,
        grad: FloatTensor<Self>,
        spec: AttentionSpec,
        wanted: [bool; 3],
    ) -> [Option<FloatTensor<Self>>; 3];

    /// Derivatives of [`norm_rotary`](super::norm_rotary) by `x` (as wide as `x`, zero in the
    /// columns that are not read) and by the weight of the norm. Angles are constants.
    fn norm_rotary_backward(
        operands: RotaryOperands<Self>,
        grad: FloatTensor<Self>,
        spec: RotarySpec,
        wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2];

    /// Derivatives of [`rms_norm`](super::rms_norm) by `x` and weight.
    fn rms_norm_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        epsilon: f32,
        wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2];

    /// Derivatives of [`layer_norm`](super::layer_norm) by `x`, weight and bias.
    fn layer_norm_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        epsilon: f32,
        wanted: [bool; 3],
    ) -> [Option<FloatTensor<Self>>; 3];

    /// Derivatives of [`activated`](super::activated) by `x` and by the factor, which is not
    /// read if the spec has none.
    fn activated_backward(
        x: FloatTensor<Self>,
        factor: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        spec: ActivationSpec,
        wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2];
}

/// The operands and the result of a [`span_attention`](super::span_attention).
#[derive(Debug, Clone)]
pub struct AttentionOperands<B: Kernels> {
    /// `[rows, ≥ heads · head_dim]`.
    pub query: FloatTensor<B>,
    /// `[key rows, ≥ kv_heads · head_dim]`.
    pub key: FloatTensor<B>,
    /// `[key rows, ≥ value_offset + kv_heads · head_dim]`.
    pub value: FloatTensor<B>,
    /// `[rows, 4]`.
    pub spans: IntTensor<B>,
    /// What the attention gave, `[rows, heads · head_dim]`.
    pub output: FloatTensor<B>,
}

/// The operands of a [`norm_rotary`](super::norm_rotary).
#[derive(Debug, Clone)]
pub struct RotaryOperands<B: Kernels> {
    /// `[rows, columns]`.
    pub x: FloatTensor<B>,
    /// `[head_dim]`; not read if the spec has no norm.
    pub weight: FloatTensor<B>,
    /// `[rows, head_dim / 2]`.
    pub cos: FloatTensor<B>,
    /// `[rows, head_dim / 2]`.
    pub sin: FloatTensor<B>,
}
