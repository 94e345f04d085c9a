//! Per-head RMSNorm and rotary positions in one pass.

use burn::Tensor;
use burn::backend::Dispatch;

use super::Kernels;

/// The rotation of every row: cosines and sines, each `[rows, head_dim / 2]`.
#[derive(Debug, Clone)]
pub struct Rotary {
    /// Cosines of the angles.
    pub cos: Tensor<2>,
    /// Sines of the angles.
    pub sin: Tensor<2>,
}

/// Everything about a [`norm_rotary`] that is not a tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RotarySpec {
    /// First column of `x` that is read.
    pub offset: usize,
    /// Heads that are read.
    pub heads: usize,
    /// Size of a head, even.
    pub head_dim: usize,
    /// Epsilon of the per-head RMSNorm; `None` leaves the norm out.
    pub norm_epsilon: Option<f32>,
}

/// Takes `heads` heads of `x` from column `offset` on, normalises each (QK-norm, if a weight
/// `[head_dim]` and epsilon are given) and rotates it by its row's angles.
///
/// `x` is `[rows, columns]`, the result `[rows, heads · head_dim]`. The halves of a head are the
/// two coordinates of each rotation: Su et al., arXiv 2104.09864, in the half-split layout.
/// Gradients go to `x` and the weight; the angles are constants.
pub fn norm_rotary(
    x: Tensor<2>,
    offset: usize,
    heads: usize,
    norm: Option<(&Tensor<1>, f32)>,
    rotary: &Rotary,
) -> Tensor<2> {
    if super::is_tracked(&x) {
        return norm_rotary_reference(x, offset, heads, norm, rotary);
    }
    let spec = RotarySpec {
        offset,
        heads,
        head_dim: 2 * rotary.cos.dims()[1],
        norm_epsilon: norm.map(|(_, epsilon)| epsilon),
    };
    let x = x.into_dispatch();
    let weight = norm.map_or_else(|| x.clone(), |(weight, _)| weight.clone().into_dispatch());
    Tensor::from_dispatch(Dispatch::norm_rotary(
        x,
        weight,
        rotary.cos.clone().into_dispatch(),
        rotary.sin.clone().into_dispatch(),
        spec,
    ))
}

/// The definition of [`norm_rotary`].
pub fn norm_rotary_reference(
    x: Tensor<2>,
    offset: usize,
    heads: usize,
    norm: Option<(&Tensor<1>, f32)>,
    rotary: &Rotary,
) -> Tensor<2> {
    let [rows, half] = rotary.cos.dims();
    let mut x = x
        .slice([0..rows, offset..offset + heads * 2 * half])
        .reshape([rows, heads, 2 * half]);
    if let Some((weight, epsilon)) = norm {
        let mean_square = x.clone().powi_scalar(2).mean_dim(2);
        x = x / (mean_square + epsilon).sqrt() * weight.clone().unsqueeze();
    }
    let (cos, sin) = (
        rotary.cos.clone().unsqueeze_dim::<3>(1),
        rotary.sin.clone().unsqueeze_dim::<3>(1),
    );
    let a = x.clone().narrow(2, 0, half);
    let b = x.narrow(2, half, half);
    let rotated = Tensor::cat(
        vec![
            a.clone() * cos.clone() - b.clone() * sin.clone(),
            b * cos + a * sin,
        ],
        2,
    );
    rotated.reshape([rows, heads * 2 * half])
}
