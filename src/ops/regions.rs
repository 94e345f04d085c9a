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
    Tensor::from_dispatch(Dispatch::pool_regions(
        x.into_dispatch(),
        weights.clone().into_dispatch(),
    ))
}

/// The definition of [`pool_regions`].
pub fn pool_regions_reference(x: Tensor<2>, weights: &Tensor<2>) -> Tensor<2> {
    let [rows, channels] = x.dims();
    let [regions, cells] = weights.dims();
    let maps = rows / cells;
    let x = x.reshape([maps, cells, channels]);
    let weights = weights
        .clone()
        .unsqueeze::<3>()
        .expand([maps, regions, cells]);
    weights.matmul(x).reshape([maps * regions, channels])
}
