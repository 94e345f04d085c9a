//! Derivatives of the operations over rows: RMSNorm, LayerNorm, and rotary positions with QK-norm.

use super::lanes::{sum, sum_of_squares, sum_of_terms};
use super::wide::wide;
use super::{MANY_VALUES, RowsOf, add_rows, for_jobs, pieces, sum_of_rows};
use crate::ops::rotary::RotarySpec;

/// Rows that a thread takes at once; their share of a weight's derivative is added up by itself.
fn rows_in_block(width: usize) -> usize {
    const VALUES: usize = 1 << 14;
    (VALUES / width).max(1)
}

/// Derivatives of RMSNorm by `x` and weight.
pub fn rms_norm(
    x: &[f32],
    weight: &[f32],
    grad: &[f32],
    epsilon: f32,
    [wants_x, wants_weight]: [bool; 2],
) -> [Option<Vec<f32>>; 2] {
    let width = weight.len();
    let block = rows_in_block(width) * width;
    let count = x.len().div_ceil(block);
    let mut dx = results(x.len(), wants_x);
    let mut partial = results(count * width, wants_weight);

    let jobs: Vec<_> = x
        .chunks(block)
        .zip(grad.chunks(block))
        .zip(pieces(&mut dx, block, count))
        .zip(pieces(&mut partial, width, count))
        .collect();
    let share = x.len() >= MANY_VALUES;
    for_jobs(share, jobs, |(((x, grad), dx), dweight), _: &mut ()| {
        rms_norm_rows(x, weight, grad, epsilon, dx, dweight);
    });
    [
        wants_x.then_some(dx),
        wants_weight.then(|| sum_of_rows(&partial, width)),
    ]
}

wide! {
    fn rms_norm_rows(
        x: &[f32],
        weight: &[f32],
        grad: &[f32],
        epsilon: f32,
        dx: &mut [f32],
        dweight: &mut [f32],
    ) {
        let width = weight.len();
        let rows = x.chunks_exact(width).zip(grad.chunks_exact(width));
        for (row, (x, grad)) in rows.enumerate() {
            rms_norm_row(x, weight, grad, epsilon, row_of(dx, row, width), dweight);
        }
    }

    fn layer_norm_rows(
        x: &[f32],
        weight: &[f32],
        grad: &[f32],
        epsilon: f32,
        dx: &mut [f32],
        dweight: &mut [f32],
    ) {
        let width = weight.len();
        let rows = x.chunks_exact(width).zip(grad.chunks_exact(width));
        for (row, (x, grad)) in rows.enumerate() {
            layer_norm_row(x, weight, grad, epsilon, row_of(dx, row, width), dweight);
        }
    }
}

/// One row: `dx` becomes its derivative, and `dweight` gets its share added; both may be empty.
#[inline(always)]
fn rms_norm_row(
    x: &[f32],
    weight: &[f32],
    grad: &[f32],
    epsilon: f32,
    dx: &mut [f32],
    dweight: &mut [f32],
) {
    let width = x.len() as f32;
    let scale = 1.0 / (sum_of_squares(x) / width + epsilon).sqrt();
    if !dx.is_empty() {
        let along = sum_of_terms([x, weight, grad], |[x, w, g]| x * w * g);
        let back = along * scale * scale * scale / width;
        let operands = x.iter().zip(weight).zip(grad);
        for (dx, ((x, w), g)) in dx.iter_mut().zip(operands) {
            *dx = g * w * scale - x * back;
        }
    }
    for ((dw, x), g) in dweight.iter_mut().zip(x).zip(grad) {
        *dw += g * (x * scale);
    }
}

/// Derivatives of LayerNorm by `x`, weight and bias.
pub fn layer_norm(
    x: &[f32],
    weight: &[f32],
    grad: &[f32],
    epsilon: f32,
    [wants_x, wants_weight, wants_bias]: [bool; 3],
) -> [Option<Vec<f32>>; 3] {
    let width = weight.len();
    let block = rows_in_block(width) * width;
    let count = x.len().div_ceil(block);
    let mut dx = results(x.len(), wants_x);
    let mut partial_weight = results(count * width, wants_weight);
    let mut partial_bias = results(count * width, wants_bias);

    let jobs: Vec<_> = x
        .chunks(block)
        .zip(grad.chunks(block))
        .zip(pieces(&mut dx, block, count))
        .zip(pieces(&mut partial_weight, width, count))
        .zip(pieces(&mut partial_bias, width, count))
        .map(|((((x, grad), dx), dweight), dbias)| (x, grad, dx, dweight, dbias))
        .collect();
    let share = x.len() >= MANY_VALUES;
    for_jobs(share, jobs, |(x, grad, dx, dweight, dbias), _: &mut ()| {
        layer_norm_rows(x, weight, grad, epsilon, dx, dweight);
        if !dbias.is_empty() {
            add_rows(dbias, grad);
        }
    });
    [
        wants_x.then_some(dx),
        wants_weight.then(|| sum_of_rows(&partial_weight, width)),
        wants_bias.then(|| sum_of_rows(&partial_bias, width)),
    ]
}

/// One row of LayerNorm, as [`rms_norm_row`].
#[inline(always)]
fn layer_norm_row(
    x: &[f32],
    weight: &[f32],
    grad: &[f32],
    epsilon: f32,
    dx: &mut [f32],
    dweight: &mut [f32],
) {
    let width = x.len() as f32;
    let mean = sum(x) / width;
    let squares = sum_of_terms([x], |[x]| (x - mean) * (x - mean));
    let scale = 1.0 / (squares / width + epsilon).sqrt();
    if !dx.is_empty() {
        let level = sum_of_terms([weight, grad], |[w, g]| w * g) * scale / width;
        let along = sum_of_terms([x, weight, grad], |[x, w, g]| (x - mean) * w * g);
        let back = along * scale * scale * scale / width;
        let operands = x.iter().zip(weight).zip(grad);
        for (dx, ((x, w), g)) in dx.iter_mut().zip(operands) {
            *dx = g * w * scale - level - (x - mean) * back;
        }
    }
    for ((dw, x), g) in dweight.iter_mut().zip(x).zip(grad) {
        *dw += g * ((x - mean) * scale);
    }
}

/// Derivatives of rotary positions by `x`, as wide as it, and by the weight of the norm.
pub fn norm_rotary(
    x: RowsOf,
    weight: &[f32],
    cos: &[f32],
    sin: &[f32],
    grad: &[f32],
    spec: &RotarySpec,
    [wants_x, wants_weight]: [bool; 2],
) -> [Option<Vec<f32>>; 2] {
    let (heads, dim, half) = (spec.heads, spec.head_dim, spec.head_dim / 2);
    let columns = heads * dim;
    let wants_weight = wants_weight && spec.norm_epsilon.is_some();
    let block = rows_in_block(columns);
    let count = x.count().div_ceil(block);
    let mut dx = results(x.values.len(), wants_x);
    let mut partial = results(count * dim, wants_weight);

    let jobs: Vec<_> = pieces(&mut dx, block * x.stride, count)
        .zip(pieces(&mut partial, dim, count))
        .enumerate()
        .collect();
    let share = grad.len() >= MANY_VALUES;
    for_jobs(
        share,
        jobs,
        |(job, (dx, dweight)), turned: &mut Vec<f32>| {
            turned.resize(dim, 0.0);
            for within in 0..block.min(x.count() - job * block) {
                let row = job * block + within;
                let angles = [&cos[row * half..][..half], &sin[row * half..][..half]];
                let grad = &grad[row * columns..][..columns];
                let dx = row_of(dx, within, x.stride);
                let dx = dx.get_mut(x.offset..x.offset + columns).unwrap_or_default();
                let x = &x.row(row)[..columns];
                norm_rotary_row(
                    x,
                    weight,
                    angles,
                    grad,
                    spec.norm_epsilon,
                    dx,
                    dweight,
                    turned,
                );
            }
        },
    );
    [
        wants_x.then_some(dx),
        wants_weight.then(|| sum_of_rows(&partial, dim)),
    ]
}

wide! {
    #[expect(clippy::too_many_arguments, reason = "the operands of one inner function")]
    fn norm_rotary_row(
        x: &[f32],
        weight: &[f32],
        angles: [&[f32]; 2],
        grad: &[f32],
        norm_epsilon: Option<f32>,
        dx: &mut [f32],
        dweight: &mut [f32],
        turned: &mut [f32],
    ) {
        let [cos, sin] = angles;
        let dim = turned.len();
        let heads = x.chunks_exact(dim).zip(grad.chunks_exact(dim));
        for (head, (x, grad)) in heads.enumerate() {
            turn_back(grad, cos, sin, turned);
            let dx = row_of(dx, head, dim);
            match norm_epsilon {
                Some(epsilon) => rms_norm_row(x, weight, turned, epsilon, dx, dweight),
                None if !dx.is_empty() => dx.copy_from_slice(turned),
                None => {}
            }
        }
    }
}

/// The rotation the other way round: the derivative by the head before it was rotated.
#[inline(always)]
fn turn_back(grad: &[f32], cos: &[f32], sin: &[f32], out: &mut [f32]) {
    let half = cos.len();
    let (first, second) = out.split_at_mut(half);
    let (a, b) = grad.split_at(half);
    for (((((x, y), a), b), c), s) in first.iter_mut().zip(second).zip(a).zip(b).zip(cos).zip(sin) {
        (*x, *y) = (a * c + b * s, b * c - a * s);
    }
}

/// Room for a result, none if it is not wanted.
fn results(length: usize, wanted: bool) -> Vec<f32> {
    vec![0.0; if wanted { length } else { 0 }]
}

/// A row of a result, empty if the result is not wanted.
#[inline(always)]
fn row_of(values: &mut [f32], row: usize, width: usize) -> &mut [f32] {
    values
        .get_mut(row * width..(row + 1) * width)
        .unwrap_or_default()
}
