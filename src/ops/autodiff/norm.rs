//! RMSNorm and LayerNorm with gradients.

use burn::backend::Autodiff;
use burn::backend::Backend;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::{constant, parents, register};
use crate::ops::Kernels;
use crate::ops::backward::BackwardKernels;

pub fn rms_norm<B: BackwardKernels, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    epsilon: f32,
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = [x.node(), weight.node()];
    let (x, weight) = (x.into_primitive(), weight.into_primitive());
    match RmsNormStep.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let state = State {
                x: x.clone(),
                weight: weight.clone(),
                epsilon,
            };
            prepared.finish(state, B::rms_norm(x, weight, epsilon))
        }
        OpsKind::UnTracked(_) => constant::<B, C>(B::rms_norm(x, weight, epsilon)),
    }
}

pub fn layer_norm<B: BackwardKernels, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    bias: FloatTensor<Autodiff<B, C>>,
    epsilon: f32,
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = [x.node(), weight.node(), bias.node()];
    let (x, weight) = (x.into_primitive(), weight.into_primitive());
    let bias = bias.into_primitive();
    match LayerNormStep.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let state = State {
                x: x.clone(),
                weight: weight.clone(),
                epsilon,
            };
            prepared.finish(state, <B as Kernels>::layer_norm(x, weight, bias, epsilon))
        }
        OpsKind::UnTracked(_) => {
            constant::<B, C>(<B as Kernels>::layer_norm(x, weight, bias, epsilon))
        }
    }
}

#[derive(Debug)]
struct RmsNormStep;

#[derive(Debug)]
struct LayerNormStep;

#[derive(Debug, Clone)]
struct State<B: Backend> {
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    epsilon: f32,
}

impl<B: BackwardKernels> Backward<B, 2> for RmsNormStep {
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
        let State { x, weight, epsilon } = ops.state;
        let derivatives = B::rms_norm_backward(x, weight, grad, epsilon, wanted);
        register::<B, 2>(parents, derivatives, grads);
    }
}

impl<B: BackwardKernels> Backward<B, 3> for LayerNormStep {
    type State = State<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let parents = parents(&ops);
        let wanted = parents.map(|parent| parent.is_some());
        let State { x, weight, epsilon } = ops.state;
        let derivatives = B::layer_norm_backward(x, weight, grad, epsilon, wanted);
        register::<B, 3>(parents, derivatives, grads);
    }
}
