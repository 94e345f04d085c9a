//! Linear layers: panels of weight rows, unpacked into a scratch that stays in the cache, one
//! matrix product each, and the epilogue while the panel's results are still warm.

use std::ops::Range;

use super::activation::activate;
use super::integers::{CHUNK, Panel, Quantised, Stored, WIDTH};
use super::product::{Left, Operand, Target};
use super::{MANY_PRODUCTS, for_jobs};
use crate::cores;
use crate::ops::linear::{CombineKind, LinearSpec};
use crate::tensors::Packing;

/// The weight's rows as they are stored.
#[derive(Clone, Copy)]
pub enum Rows<'a> {
    Float(&'a [f32]),
    Packed {
        packing: Packing,
        words: &'a [u32],
        scales: &'a [u32],
    },
}

impl<'a> Rows<'a> {
    /// `count` rows of `width` values from row `start` on, unpacked into `scratch` if they are
    /// packed.
    pub fn floats(
        self,
        start: usize,
        count: usize,
        width: usize,
        scratch: &'a mut Vec<f32>,
    ) -> &'a [f32] {
        let (packing, words, scales) = match self {
            Rows::Float(rows) => return &rows[start * width..(start + count) * width],
            Rows::Packed {
                packing,
                words,
                scales,
            } => (packing, words, scales),
        };
        scratch.resize(count * width, 0.0);
        let w = packing.words_per_row(width);
        let s = packing.scale_words_per_row(width);
        for (i, out) in scratch.chunks_mut(width).enumerate() {
            let row = start + i;
            let scales = if s == 0 { &[] } else { &scales[row * s..][..s] };
            packing.unpack_row(&words[row * w..][..w], scales, out);
        }
        scratch
    }
}

/// Output columns that are computed together. Wide enough that packing `x` again for every
/// panel does not show, narrow enough that an unpacked panel stays in the second-level cache.
const PANEL: usize = 128;

pub fn linear(x: &[f32], weight: Rows, bias: &[f32], other: &[f32], spec: &LinearSpec) -> Vec<f32> {
    let (k, n) = (spec.in_features, spec.out_features);
    let m = x.len() / k;
    let mut out = vec![0.0; m * n];
    let target = Target::new(&mut out, n);
    let left = Left::new([m, k], Operand::rows(x, k));
    let panel = |(lines, start): (Range<usize>, usize), scratch: &mut Vec<f32>| {
        let columns = PANEL.min(n - start);
        let rows = weight.floats(start, columns, k, scratch);
        let right = Operand::rows(rows, k).transposed();
        // SAFETY: every panel has its own rows and columns, so no two write the same value.
        unsafe {
            let place = target.from(lines.start, start);
            place.product_of(&left, lines.clone(), columns, right, 1.0, false);
            epilogue(target, lines, start..start + columns, bias, other, spec);
        }
    };
    for_jobs(m * n * k >= MANY_PRODUCTS, panels(m, n), panel);
    out
}

/// The same with whole numbers for the weights and for `x`.
pub fn linear_of_integers(
    x: &[f32],
    weight: Stored,
    bias: &[f32],
    other: &[f32],
    spec: &LinearSpec,
) -> Vec<f32> {
    let (k, n) = (spec.in_features, spec.out_features);
    let m = x.len() / k;
    let mut out = vec![0.0; m * n];
    let target = Target::new(&mut out, n);
    let x = Quantised::of(x, k);
    let group = |(lines, start): (Range<usize>, usize), panel: &mut Panel| {
        let columns = PANEL.min(n - start);
        for first in (start..start + columns).step_by(WIDTH) {
            let count = WIDTH.min(n - first);
            for chunk in 0..k.div_ceil(CHUNK) {
                panel.read(weight, first, count, chunk);
                // SAFETY: every group has its own rows and columns, so no two write the same value.
                unsafe {
                    let target = target.from(0, first);
                    panel.multiply(&x, lines.clone(), chunk, target, count, chunk > 0);
                }
            }
        }
        // SAFETY: as above.
        unsafe { epilogue(target, lines, start..start + columns, bias, other, spec) };
    };
    for_jobs(m * n * k >= MANY_PRODUCTS, panels(m, n), group);
    out
}

/// Rows and first columns of the parts that are computed on their own: panels of columns, and where these are too few
/// to occupy the cores, fewer rows of them.
fn panels(rows: usize, columns: usize) -> Vec<(Range<usize>, usize)> {
    // Rows that belong together in a product.
    const TOGETHER: usize = 16;
    let threads = cores::threads();
    let wanted: usize = if threads > 1 { 4 * threads } else { 1 };
    let parts = wanted.div_ceil(columns.div_ceil(PANEL));
    let height = rows
        .div_ceil(parts)
        .next_multiple_of(TOGETHER)
        .max(PANEL / 2);
    let starts = (0..columns).step_by(PANEL);
    let lines = |start: usize| {
        (0..rows)
            .step_by(height)
            .map(move |line| (line..rows.min(line + height), start))
    };
    starts.flat_map(lines).collect()
}

/// Bias, activation and the final sum or product over some rows of a panel.
///
/// # Safety
/// Nobody else may touch these values meanwhile.
unsafe fn epilogue(
    target: Target,
    rows: Range<usize>,
    columns: Range<usize>,
    bias: &[f32],
    other: &[f32],
    spec: &LinearSpec,
) {
    if !spec.bias && spec.activation.is_none() && spec.combine == CombineKind::Nothing {
        return;
    }
    for row in rows {
        // SAFETY: promised by the caller.
        let y = unsafe { target.from(row, columns.start).row(0, columns.len()) };
        if spec.bias {
            y.iter_mut()
                .zip(&bias[columns.start..])
                .for_each(|(y, b)| *y += b);
        }
        if let Some(activation) = spec.activation {
            activate(y, activation);
        }
        let other = || &other[row * spec.out_features + columns.start..];
        match spec.combine {
            CombineKind::Nothing => {}
            CombineKind::Add => y.iter_mut().zip(other()).for_each(|(y, o)| *y += o),
            CombineKind::Multiply => y.iter_mut().zip(other()).for_each(|(y, o)| *y *= o),
        }
    }
}
