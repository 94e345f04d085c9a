//! Span attention with gradients.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::{constant, parents, register};
use crate::ops::attention::AttentionSpec;
use crate::ops::backward::{AttentionOperands, BackwardKernels};

pub fn span_attention<B: BackwardKernels, C: CheckpointStrategy>(
    query: FloatTensor<Autodiff<B, C>>,
    key: FloatTensor<Autodiff<B, C>>,
    value: FloatTensor<Autodiff<B, C>>,
    spans: IntTensor<B>,
    spec: AttentionSpec,
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = [query.node(), key.node(), value.node()];
    let query = query.into_primitive();
    let (key, value) = (key.into_primitive(), value.into_primitive());
    let output = B::span_attention(
        query.clone(),
        key.clone(),
        value.clone(),
        spans.clone(),
        spec,
    );
    match AttentionStep.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let operands = AttentionOperands {
                query,
                key,
                value,
                spans,
                output: output.clone(),
            };
            prepared.finish(State { operands, spec }, output)
        }
        OpsKind::UnTracked(_) => constant::<B, C>(output),
    }
}

#[derive(Debug)]
struct AttentionStep;

#[derive(Debug, Clone)]
struct State<B: BackwardKernels> {
    operands: AttentionOperands<B>,
    spec: AttentionSpec,
}

impl<B: BackwardKernels> Backward<B, 3> for AttentionStep {
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
        let State { operands, spec } = ops.state;
        let derivatives = B::span_attention_backward(operands, grad, spec, wanted);
        register::<B, 3>(parents, derivatives, grads);
    }
}
