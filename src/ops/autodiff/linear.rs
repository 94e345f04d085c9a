//! Linear layers with gradients.

use burn::backend::Autodiff;
use burn::backend::Backend;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::{constant, operand_if, parents, register};
use crate::ops::Kernels;
use crate::ops::activation::ActivationSpec;
use crate::ops::backward::BackwardKernels;
use crate::ops::linear::{CombineKind, LinearSpec};

/// The weight as it is stored; `B` is the backend that holds it.
#[derive(Debug, Clone)]
pub enum Stored<B: Backend> {
    /// Floats, which may require gradients.
    Float(FloatTensor<B>),
    /// Packed words, which are frozen.
    Packed {
        words: IntTensor<B>,
        scales: IntTensor<B>,
    },
}

impl<B: BackwardKernels> Stored<B> {
    fn multiply(
        self,
        x: FloatTensor<B>,
        bias: FloatTensor<B>,
        other: FloatTensor<B>,
        spec: LinearSpec,
    ) -> FloatTensor<B> {
        match self {
            Self::Float(weight) => B::linear_float(x, weight, bias, other, spec),
            Self::Packed { words, scales } => B::linear_packed(x, words, scales, bias, other, spec),
        }
    }

    fn input_gradient(self, grad: FloatTensor<B>, spec: LinearSpec) -> FloatTensor<B> {
        match self {
            Self::Float(weight) => B::linear_input_gradient(grad, weight, spec),
            Self::Packed { words, scales } => {
                B::linear_packed_input_gradient(grad, words, scales, spec)
            }
        }
    }
}

/// A linear layer. A sum at its end stays within the product; an activation or a factor becomes
/// a step of its own, because its derivative needs what stands before it.
pub fn linear<B: BackwardKernels, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    weight: Stored<Autodiff<B, C>>,
    bias: FloatTensor<Autodiff<B, C>>,
    other: FloatTensor<Autodiff<B, C>>,
    spec: LinearSpec,
) -> FloatTensor<Autodiff<B, C>> {
    type Tracked<B, C> = Autodiff<B, C>;

    let bias = operand_if::<B, C>(spec.bias, bias);
    let other = operand_if::<B, C>(spec.combine != CombineKind::Nothing, other);
    // A packed weight has the place of a constant in the graph.
    let (weight, weight_node) = match weight {
        Stored::Float(weight) => {
            let node = weight.clone();
            (Stored::Float(weight.into_primitive()), node)
        }
        Stored::Packed { words, scales } => (
            Stored::Packed { words, scales },
            constant::<B, C>(x.primitive().clone()),
        ),
    };
    let tracked = [&x, &weight_node, &bias, &other]
        .iter()
        .any(|operand| operand.is_tracked());
    if !tracked {
        return constant::<B, C>(weight.multiply(
            x.into_primitive(),
            bias.into_primitive(),
            other.into_primitive(),
            spec,
        ));
    }

    let product = LinearSpec {
        activation: None,
        combine: CombineKind::Nothing,
        ..spec
    };
    match (spec.activation, spec.combine) {
        (None, CombineKind::Nothing | CombineKind::Add) => {
            step::<B, C>(x, weight, weight_node, bias, other, spec)
        }
        (None, CombineKind::Multiply) => {
            let absent = constant::<B, C>(x.primitive().clone());
            let y = step::<B, C>(x, weight, weight_node, bias, absent, product);
            Tracked::<B, C>::float_mul(y, other)
        }
        (Some(activation), combine) => {
            let absent = constant::<B, C>(x.primitive().clone());
            let y = step::<B, C>(x, weight, weight_node, bias, absent, product);
            let spec = ActivationSpec {
                activation,
                multiply: combine == CombineKind::Multiply,
            };
            let y = Tracked::<B, C>::activated(y, other.clone(), spec);
            match combine {
                CombineKind::Add => Tracked::<B, C>::float_add(y, other),
                CombineKind::Nothing | CombineKind::Multiply => y,
            }
        }
    }
}

/// `x · weightᵀ + bias`, and `+ other` if the spec says so, as one step of the graph.
fn step<B: BackwardKernels, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    weight: Stored<B>,
    weight_node: FloatTensor<Autodiff<B, C>>,
    bias: FloatTensor<Autodiff<B, C>>,
    other: FloatTensor<Autodiff<B, C>>,
    spec: LinearSpec,
) -> FloatTensor<Autodiff<B, C>> {
    let state = State {
        x: weight_node.is_tracked().then(|| x.primitive().clone()),
        weight: x.is_tracked().then(|| weight.clone()),
        spec,
    };
    let nodes = [x.node(), weight_node.node(), bias.node(), other.node()];
    let y = weight.multiply(
        x.into_primitive(),
        bias.into_primitive(),
        other.into_primitive(),
        spec,
    );
    match LinearStep.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(state, y),
        OpsKind::UnTracked(_) => constant::<B, C>(y),
    }
}

#[derive(Debug)]
struct LinearStep;

#[derive(Debug, Clone)]
struct State<B: Backend> {
    /// For the derivative by the weight.
    x: Option<FloatTensor<B>>,
    /// For the derivative by `x`.
    weight: Option<Stored<B>>,
    spec: LinearSpec,
}

impl<B: BackwardKernels> Backward<B, 4> for LinearStep {
    type State = State<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 4>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let parents = parents(&ops);
        let [_, _, bias, other] = parents;
        let State { x, weight, spec } = ops.state;
        let derivatives = [
            weight.map(|weight| weight.input_gradient(grad.clone(), spec)),
            x.map(|x| B::linear_weight_gradient(grad.clone(), x, spec)),
            bias.map(|_| B::column_sums(grad.clone())),
            other.map(|_| grad),
        ];
        register::<B, 4>(parents, derivatives, grads);
    }
}
