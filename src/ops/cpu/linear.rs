//! Linear layers: panels of weight rows, unpacked into a scratch that stays in the cache, one
//! matrix product each, and the epilogue while the panel's results are still warm.

use super::activation::activate;
use super::product::{Operand, Target};
use super::{MANY_PRODUCTS, for_jobs};
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
    let panel = |start: usize, scratch: &mut Vec<f32>| {
        let columns = PANEL.min(n - start);
        let rows = weight.floats(start, columns, k, scratch);
        let (a, b) = (Operand::rows(x, k), Operand::rows(rows, k).transposed());
        // SAFETY: every panel has its own columns, so no two write the same value.
        unsafe {
            let target = target.from(0, start);
            target.product([m, columns, k], a, b, 1.0, false);
            epilogue(target, [m, columns], start, bias, other, spec);
        }
    };
    let jobs = (0..n).step_by(PANEL).collect();
    for_jobs(m * n * k >= MANY_PRODUCTS, jobs, panel);
    out
}

/// Bias, activation and the final sum or product over the columns of a panel.
///
/// # Safety
/// Nobody else may touch these columns meanwhile.
unsafe fn epilogue(
    target: Target,
    [rows, columns]: [usize; 2],
    start: usize,
    bias: &[f32],
    other: &[f32],
    spec: &LinearSpec,
) {
    if !spec.bias && spec.activation.is_none() && spec.combine == CombineKind::Nothing {
        return;
    }
    for row in 0..rows {
        // SAFETY: promised by the caller.
        let y = unsafe { target.row(row, columns) };
        if spec.bias {
            y.iter_mut().zip(&bias[start..]).for_each(|(y, b)| *y += b);
        }
        if let Some(activation) = spec.activation {
            activate(y, activation);
        }
        let other = || &other[row * spec.out_features + start..];
        match spec.combine {
            CombineKind::Nothing => {}
            CombineKind::Add => y.iter_mut().zip(other()).for_each(|(y, o)| *y += o),
            CombineKind::Multiply => y.iter_mut().zip(other()).for_each(|(y, o)| *y *= o),
        }
    }
}
