//! Softmax over the largest values of each row.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::InferenceKernels;

/// `softmax(x / temperature)` of each row over its `keep` largest values, and zero elsewhere.
///
/// `x` and the result are `[rows, width]`. What equals the smallest value that is kept is kept too, so ties
/// do not depend on the order of columns. With `keep ≥ width` it is the softmax of the whole row.
///
/// # Panics
/// If `keep` is 0.
pub fn top_softmax(x: Tensor<2>, keep: usize, temperature: f32) -> Tensor<2> {
    assert!(keep > 0, "a softmax over nothing");
    #[cfg(feature = "autodiff")]
    if super::needs_reference(&x) && keep < x.dims()[1] {
        return tracked(x, keep, temperature);
    }
    if super::needs_reference(&x) {
        return top_softmax_reference(x, keep, temperature);
    }
    Tensor::from_dispatch(Dispatch::top_softmax(x.into_dispatch(), keep, temperature))
}

/// The same with gradients: the kernel says which values are kept, so that none are sorted.
#[cfg(feature = "autodiff")]
fn tracked(x: Tensor<2>, keep: usize, temperature: f32) -> Tensor<2> {
    let kept = top_softmax(x.clone().inner(), keep, temperature);
    let left_out = Tensor::<2>::from_inner(kept).equal_elem(0.0);
    let largest = x.clone().max_dim(1).detach();
    let powers = ((x - largest) / temperature).exp().mask_fill(left_out, 0.0);
    let sums = powers.clone().sum_dim(1);
    powers / sums
}

/// The definition of [`top_softmax`].
pub fn top_softmax_reference(x: Tensor<2>, keep: usize, temperature: f32) -> Tensor<2> {
    let [rows, width] = x.dims();
    let keep = keep.min(width);
    let sorted = x.clone().sort_descending(1);
    let smallest = sorted.clone().narrow(1, keep - 1, 1).expand([rows, width]);
    let largest = sorted.narrow(1, 0, 1);
    let left_out = x.clone().lower(smallest);
    let powers = ((x - largest) / temperature).exp().mask_fill(left_out, 0.0);
    let sums = powers.clone().sum_dim(1);
    powers / sums
}
