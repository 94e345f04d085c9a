//! The operations with gradients: Burn's autodiff around the kernels of a backend and their
//! hand-written derivatives ([`BackwardKernels`]).
//!
//! Where no operand requires gradients the kernel runs as it does for inference and nothing is
//! recorded. Otherwise the step keeps those operands that the wanted derivatives need, as handles,
//! and computes only these derivatives: a frozen weight costs nothing.

mod activation;
mod attention;
mod linear;
mod norm;
mod rotary;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::Ops;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, AutodiffBackend, Backend};

use super::Kernels;
use super::activation::ActivationSpec;
use super::attention::AttentionSpec;
use super::backward::BackwardKernels;
use super::linear::LinearSpec;
use super::rotary::RotarySpec;

impl<B: BackwardKernels, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn linear_float(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        other: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        linear::linear::<B, C>(x, linear::Stored::Float(weight), bias, other, spec)
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
        linear::linear::<B, C>(x, weight, bias, other, spec)
    }

    fn span_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        spans: IntTensor<Self>,
        spec: AttentionSpec,
    ) -> FloatTensor<Self> {
        attention::span_attention::<B, C>(query, key, value, spans, spec)
    }

    fn norm_rotary(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        spec: RotarySpec,
    ) -> FloatTensor<Self> {
        rotary::norm_rotary::<B, C>(x, weight, cos, sin, spec)
    }

    fn rms_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        norm::rms_norm::<B, C>(x, weight, epsilon)
    }

    fn layer_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        norm::layer_norm::<B, C>(x, weight, bias, epsilon)
    }

    fn activated(
        x: FloatTensor<Self>,
        factor: FloatTensor<Self>,
        spec: ActivationSpec,
    ) -> FloatTensor<Self> {
        activation::activated::<B, C>(x, factor, spec)
    }
}

/// A tensor without a graph.
fn constant<B: Backend, C: CheckpointStrategy>(
    tensor: FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    Autodiff::<B, C>::from_inner(tensor)
}

/// `operand`, or a constant in its place if the operation has none: nobody wants its derivative.
fn operand_if<B: Backend, C: CheckpointStrategy>(
    present: bool,
    operand: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    if present {
        operand
    } else {
        constant::<B, C>(operand.into_primitive())
    }
}

/// The operands of a step that require gradients.
fn parents<S, const N: usize>(ops: &Ops<S, N>) -> [Option<NodeId>; N] {
    ops.parents
        .each_ref()
        .map(|parent| parent.as_ref().map(|node| node.id))
}

/// Hands the derivatives on to the operands that want them.
fn register<B: Backend, const N: usize>(
    parents: [Option<NodeId>; N],
    derivatives: [Option<FloatTensor<B>>; N],
    grads: &mut Gradients,
) {
    for (parent, derivative) in parents.into_iter().zip(derivatives) {
        if let (Some(parent), Some(derivative)) = (parent, derivative) {
            grads.register::<B>(parent, derivative);
        }
    }
}
