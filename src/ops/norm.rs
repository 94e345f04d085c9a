//! RMSNorm and LayerNorm over rows.

use burn::Tensor;
use burn::backend::Dispatch;

use super::Kernels;

/// `x / sqrt(mean(x²) + ε) · weight`, row by row.
///
/// `x` is `[rows, width]`, `weight` `[width]`. Zhang and Sennrich, arXiv 1910.07467.
pub fn rms_norm(x: Tensor<2>, weight: &Tensor<1>, epsilon: f32) -> Tensor<2> {
    if super::is_tracked(&x) {
        return rms_norm_reference(x, weight, epsilon);
    }
    Tensor::from_dispatch(Dispatch::rms_norm(
        x.into_dispatch(),
        weight.clone().into_dispatch(),
        epsilon,
    ))
}

/// The definition of [`rms_norm`].
pub fn rms_norm_reference(x: Tensor<2>, weight: &Tensor<1>, epsilon: f32) -> Tensor<2> {
    let mean_square = x.clone().powi_scalar(2).mean_dim(1);
    x / (mean_square + epsilon).sqrt() * weight.clone().unsqueeze()
}

/// `(x − mean) / sqrt(variance + ε) · weight + bias`, row by row, with the biased variance.
///
/// `x` is `[rows, width]`, `weight` and `bias` `[width]`. Ba et al., arXiv 1607.06450.
pub fn layer_norm(x: Tensor<2>, weight: &Tensor<1>, bias: &Tensor<1>, epsilon: f32) -> Tensor<2> {
    if super::is_tracked(&x) {
        return layer_norm_reference(x, weight, bias, epsilon);
    }
    Tensor::from_dispatch(Dispatch::layer_norm(
        x.into_dispatch(),
        weight.clone().into_dispatch(),
        bias.clone().into_dispatch(),
        epsilon,
    ))
}

/// The definition of [`layer_norm`].
pub fn layer_norm_reference(
    x: Tensor<2>,
    weight: &Tensor<1>,
    bias: &Tensor<1>,
    epsilon: f32,
) -> Tensor<2> {
    let centred = x.clone() - x.mean_dim(1);
    let variance = centred.clone().powi_scalar(2).mean_dim(1);
    centred / (variance + epsilon).sqrt() * weight.clone().unsqueeze() + bias.clone().unsqueeze()
}
