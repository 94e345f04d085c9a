//! The derivatives on Burn's GPU backend.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_cubecl::CubeBackend;

use super::activation;
use crate::ops::activation::ActivationSpec;
use crate::ops::attention::AttentionSpec;
use crate::ops::backward::{AttentionOperands, BackwardKernels, RotaryOperands};
use crate::ops::linear::LinearSpec;
use crate::ops::rotary::RotarySpec;

impl BackwardKernels for CubeBackend {
    fn linear_input_gradient(
        _grad: FloatTensor<Self>,
        _weight: FloatTensor<Self>,
        _spec: LinearSpec,
    ) -> FloatTensor<Self> {
        unreachable!("the reference is taken")
    }

    fn linear_packed_input_gradient(
        _grad: FloatTensor<Self>,
        _words: IntTensor<Self>,
        _scales: IntTensor<Self>,
        _spec: LinearSpec,
    ) -> FloatTensor<Self> {
        unreachable!("the reference is taken")
    }

    fn linear_weight_gradient(
        _grad: FloatTensor<Self>,
        _x: FloatTensor<Self>,
        _spec: LinearSpec,
    ) -> FloatTensor<Self> {
        unreachable!("the reference is taken")
    }

    fn column_sums(_grad: FloatTensor<Self>) -> FloatTensor<Self> {
        unreachable!("the reference is taken")
    }

    fn span_attention_backward(
        _operands: AttentionOperands<Self>,
        _grad: FloatTensor<Self>,
        _spec: AttentionSpec,
        _wanted: [bool; 3],
    ) -> [Option<FloatTensor<Self>>; 3] {
        unreachable!("the reference is taken")
    }

    fn norm_rotary_backward(
        _operands: RotaryOperands<Self>,
        _grad: FloatTensor<Self>,
        _spec: RotarySpec,
        _wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2] {
        unreachable!("the reference is taken")
    }

    fn rms_norm_backward(
        _x: FloatTensor<Self>,
        _weight: FloatTensor<Self>,
        _grad: FloatTensor<Self>,
        _epsilon: f32,
        _wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2] {
        unreachable!("the reference is taken")
    }

    fn layer_norm_backward(
        _x: FloatTensor<Self>,
        _weight: FloatTensor<Self>,
        _grad: FloatTensor<Self>,
        _epsilon: f32,
        _wanted: [bool; 3],
    ) -> [Option<FloatTensor<Self>>; 3] {
        unreachable!("the reference is taken")
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
