//! An activation, and its product with a factor, with gradients.

use burn::backend::Autodiff;
use burn::backend::Backend;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::{constant, operand_if, parents, register};
use crate::ops::activation::ActivationSpec;
use crate::ops::backward::BackwardKernels;

pub fn activated<B: BackwardKernels, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    factor: FloatTensor<Autodiff<B, C>>,
    spec: ActivationSpec,
) -> FloatTensor<Autodiff<B, C>> {
    let factor = operand_if::<B, C>(spec.multiply, factor);
    let nodes = [x.node(), factor.node()];
    let (x, factor) = (x.into_primitive(), factor.into_primitive());
    match ActivationStep
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prepared) => {
            let state = State {
                x: x.clone(),
                factor: factor.clone(),
                spec,
            };
            prepared.finish(state, B::activated(x, factor, spec))
        }
        OpsKind::UnTracked(_) => constant::<B, C>(B::activated(x, factor, spec)),
    }
}

#[derive(Debug)]
struct ActivationStep;

#[derive(Debug, Clone)]
struct State<B: Backend> {
    x: FloatTensor<B>,
    factor: FloatTensor<B>,
    spec: ActivationSpec,
}

impl<B: BackwardKernels> Backward<B, 2> for ActivationStep {
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
        let State { x, factor, spec } = ops.state;
        let derivatives = B::activated_backward(x, factor, grad, spec, wanted);
        register::<B, 2>(parents, derivatives, grads);
    }
}
