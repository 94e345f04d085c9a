//! Pooling of feature maps by regions.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::InferenceKernels;

/// Weighted sums over the cells of each map, one for each region.
///
/// `x` is `[n · cells, channels]`, `weights` `[regions, cells]`, the result `[n · regions, channels]`. With
/// weights that add up to 1 these are means over parts of a picture.
pub fn pool_regions(x: Tensor<2>, weights: &Tensor<2>) -> Tensor<2> {
    if super::needs_reference(&x) {
        return pool_regions_reference(x, weights);
    }
    let regions = weights.dims()[0];
    dispatched(x, weights, regions)
}

/// [`pool_regions`] where each map has regions of its own: `weights` is `[n · regions, cells]`.
pub fn pool_own_regions(x: Tensor<2>, weights: &Tensor<2>) -> Tensor<2> {
    if super::needs_reference(&x) || super::needs_reference(weights) {
        return pool_own_regions_reference(x, weights);
    }
    let [all, cells] = weights.dims();
    let maps = x.dims()[0] / cells;
    dispatched(x, weights, all / maps)
}

fn dispatched(x: Tensor<2>, weights: &Tensor<2>, regions: usize) -> Tensor<2> {
    let weights = weights.clone().into_dispatch();
    Tensor::from_dispatch(Dispatch::pool_regions(x.into_dispatch(), weights, regions))
}

/// The definition of [`pool_regions`].
pub fn pool_regions_reference(x: Tensor<2>, weights: &Tensor<2>) -> Tensor<2> {
    let [regions, cells] = weights.dims();
    let maps = x.dims()[0] / cells;
    let weights = weights
        .clone()
        .unsqueeze::<3>()
        .expand([maps, regions, cells])
        .reshape([maps * regions, cells]);
    pool_own_regions_reference(x, &weights)
}

/// The definition of [`pool_own_regions`].
pub fn pool_own_regions_reference(x: Tensor<2>, weights: &Tensor<2>) -> Tensor<2> {
    let [rows, channels] = x.dims();
    let [all, cells] = weights.dims();
    let maps = rows / cells;
    let x = x.reshape([maps, cells, channels]);
    let weights = weights.clone().reshape([maps, all / maps, cells]);
    weights.matmul(x).reshape([all, channels])
}
