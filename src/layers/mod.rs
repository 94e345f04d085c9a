//! What the families' networks are made of: layers, and [`Vars`], the one place where weights get names.

#[cfg(feature = "autodiff")]
pub mod adapter;
mod depthwise;
mod linear;
mod norm;
mod vars;
mod weights;

use burn::module::{Param, ParamId};
use burn::tensor::Tensor;

pub use depthwise::Depthwise;
pub use linear::Linear;
pub use norm::{LayerNorm, RmsNorm};
pub use vars::{Recording, Vars};
pub use weights::Weights;

pub use crate::tensors::Group;

/// The widest intermediate activation that is made at once, in values: a quarter of the storage
/// binding that WebGPU guarantees.
const MAX_VALUES: usize = (32 << 20) / 4;

/// A tensor of a network. There is none while the list of tensors is recorded.
pub type Held<const D: usize> = Option<Param<Tensor<D>>>;

/// The tensor of a network that was built from weights.
pub fn held<const D: usize>(tensor: &Held<D>) -> Tensor<D> {
    let tensor = tensor.as_ref();
    tensor
        .expect("a network that is only recorded does not run")
        .val()
}

/// A tensor as a module's parameter. Whether gradients are wanted is the tensor's own affair: training
/// hands in leaves that ask for them, and everything else does not.
fn param<const D: usize>(tensor: Tensor<D>) -> Param<Tensor<D>> {
    Param::initialized(ParamId::new(), tensor)
}

/// A tensor for a network to hold.
pub fn hold<const D: usize>(tensor: Tensor<D>) -> Held<D> {
    Some(param(tensor))
}

/// Runs `f` over groups of rows, so that an activation `width` values wide stays small enough for
/// one binding, and puts the results together.
pub fn in_row_groups(x: Tensor<2>, width: usize, f: impl Fn(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
    let rows = x.dims()[0];
    let group = (MAX_VALUES / width).max(1);
    if rows <= group {
        return f(x);
    }
    let groups = (0..rows)
        .step_by(group)
        .map(|start| f(x.clone().narrow(0, start, group.min(rows - start))));
    Tensor::cat(groups.collect(), 0)
}
