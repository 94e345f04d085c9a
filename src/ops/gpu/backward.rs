//! The derivatives on Burn's GPU backend.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_cubecl::CubeBackend;

use super::linear::Stored;
use super::{activation, attention_backward, linear_backward, rows_backward};
use crate::ops::activation::ActivationSpec;
use crate::ops::attention::AttentionSpec;
use crate::ops::backward::{AttentionOperands, BackwardKernels, RotaryOperands};
use crate::ops::linear::LinearSpec;
use crate::ops::rotary::RotarySpec;

impl BackwardKernels for CubeBackend {
    fn linear_input_gradient(
        grad: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        linear_backward::input_gradient(grad, Stored::Float(weight), spec)
    }

    fn linear_packed_input_gradient(
        grad: FloatTensor<Self>,
        words: IntTensor<Self>,
        scales: IntTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        linear_backward::input_gradient(grad, Stored::Packed { words, scales }, spec)
    }

    fn linear_weight_gradient(
        grad: FloatTensor<Self>,
        x: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        linear_backward::weight_gradient(grad, x, spec)
    }

    fn column_sums(grad: FloatTensor<Self>) -> FloatTensor<Self> {
        linear_backward::column_sums(grad)
    }

    fn span_attention_backward(
        operands: AttentionOperands<Self>,
        grad: FloatTensor<Self>,
        spec: AttentionSpec,
        wanted: [bool; 3],
    ) -> [Option<FloatTensor<Self>>; 3] {
        attention_backward::span_attention(operands, grad, spec, wanted)
    }

    fn norm_rotary_backward(
        operands: RotaryOperands<Self>,
        grad: FloatTensor<Self>,
        spec: RotarySpec,
        wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2] {
        rows_backward::norm_rotary(operands, grad, spec, wanted)
    }

    fn rms_norm_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        epsilon: f32,
        wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2] {
        rows_backward::norm(x, weight, grad, false, epsilon, wanted)
    }

    fn layer_norm_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        epsilon: f32,
        [wants_x, wants_weight, wants_bias]: [bool; 3],
    ) -> [Option<FloatTensor<Self>>; 3] {
        let dbias = wants_bias.then(|| linear_backward::column_sums(grad.clone()));
        let wanted = [wants_x, wants_weight];
        let [dx, dweight] = rows_backward::norm(x, weight, grad, true, epsilon, wanted);
        [dx, dweight, dbias]
    }

    fn activated_backward(
        x: FloatTensor<Self>,
        factor: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        spec: ActivationSpec,
        wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2] {
        activation::derivatives(x, factor, grad, spec, wanted)
    }
}
