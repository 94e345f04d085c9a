//! Per-head RMSNorm and rotary positions with gradients.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::{constant, operand_if, parents, register};
use crate::ops::backward::{BackwardKernels, RotaryOperands};
use crate::ops::rotary::RotarySpec;

pub fn norm_rotary<B: BackwardKernels, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    cos: FloatTensor<Autodiff<B, C>>,
    sin: FloatTensor<Autodiff<B, C>>,
    spec: RotarySpec,
) -> FloatTensor<Autodiff<B, C>> {
    let weight = operand_if::<B, C>(spec.norm_epsilon.is_some(), weight);
    let nodes = [x.node(), weight.node()];
    let operands = RotaryOperands::<B> {
        x: x.into_primitive(),
        weight: weight.into_primitive(),
        cos: cos.into_primitive(),
        sin: sin.into_primitive(),
    };
    let forward = |o: RotaryOperands<B>| B::norm_rotary(o.x, o.weight, o.cos, o.sin, spec);
    match RotaryStep.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let state = State {
                operands: operands.clone(),
                spec,
            };
            prepared.finish(state, forward(operands))
        }
        OpsKind::UnTracked(_) => constant::<B, C>(forward(operands)),
    }
}

#[derive(Debug)]
struct RotaryStep;

#[derive(Debug, Clone)]
struct State<B: BackwardKernels> {
    operands: RotaryOperands<B>,
    spec: RotarySpec,
}

impl<B: BackwardKernels> Backward<B, 2> for RotaryStep {
    type State = State<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let parents = parents(&ops);
        let wanted = parents.map(|parent| parent.is_some());
        let State { operands, spec } = ops.state;
        let derivatives = B::norm_rotary_backward(operands, grad, spec, wanted);
        register::<B, 2>(parents, derivatives, grads);
    }
}
