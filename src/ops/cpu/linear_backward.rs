//! Derivatives of a linear layer: two matrix products and a sum.
//!
//! Every piece of a result is summed up by one thread from the first row to the last, and pieces
//! have the same size whatever the number of threads, so that results are the same to the bit.

use super::linear::Rows;
use super::product::{Operand, Target};
use super::{MANY_PRODUCTS, MANY_VALUES, add_rows, for_jobs, pieces, sum_of_rows};
use crate::ops::linear::LinearSpec;

/// `grad · W`, `[rows, in]`.
pub fn input_gradient(grad: &[f32], weight: Rows, spec: &LinearSpec) -> Vec<f32> {
    // Rows of the result that are computed together, and rows of a packed weight that are
    // unpacked for them: enough of the ones that unpacking does not show, and few enough of the
    // others that they stay in the second-level cache.
    const ROWS: usize = 512;
    const PANEL: usize = 128;

    let (k, n) = (spec.in_features, spec.out_features);
    let rows = grad.len() / n;
    let panel = match weight {
        Rows::Float(_) => n,
        Rows::Packed { .. } => PANEL,
    };
    let mut out = vec![0.0; rows * k];
    let target = Target::new(&mut out, k);
    let jobs: Vec<_> = (0..rows).step_by(ROWS).collect();
    let share = rows * n * k >= MANY_PRODUCTS;
    for_jobs(share, jobs, |start, scratch: &mut Vec<f32>| {
        let rows = ROWS.min(rows - start);
        for first in (0..n).step_by(panel) {
            let count = panel.min(n - first);
            let a = Operand::rows(&grad[start * n + first..], n);
            let b = Operand::rows(weight.floats(first, count, k, scratch), k);
            let target = target.from(start, 0);
            // SAFETY: every job has rows of its own.
            unsafe { target.product([rows, k, count], a, b, 1.0, first > 0) };
        }
    });
    out
}

/// `gradᵀ · x`, `[out, in]`.
pub fn weight_gradient(grad: &[f32], x: &[f32], spec: &LinearSpec) -> Vec<f32> {
    /// Rows of the result that are computed together.
    const ROWS: usize = 96;

    let (k, n) = (spec.in_features, spec.out_features);
    let depth = grad.len() / n;
    let mut out = vec![0.0; n * k];
    let target = Target::new(&mut out, k);
    let jobs: Vec<_> = (0..n).step_by(ROWS).collect();
    let share = depth * n * k >= MANY_PRODUCTS;
    for_jobs(share, jobs, |start, _: &mut ()| {
        let rows = ROWS.min(n - start);
        let a = Operand::rows(grad.get(start..).unwrap_or_default(), n).transposed();
        let b = Operand::rows(x, k);
        let target = target.from(start, 0);
        // SAFETY: every job has rows of its own.
        unsafe { target.product([rows, k, depth], a, b, 1.0, false) };
    });
    out
}

/// The sums of the columns of a matrix.
pub fn column_sums(values: &[f32], columns: usize) -> Vec<f32> {
    /// Rows that are added up before their sum goes into the whole: nearer to exact than one
    /// running sum, and a job for a thread.
    const ROWS: usize = 128;

    let count = (values.len() / columns).div_ceil(ROWS);
    let mut partial = vec![0.0; count * columns];
    let jobs: Vec<_> = values
        .chunks(ROWS * columns)
        .zip(pieces(&mut partial, columns, count))
        .collect();
    let share = values.len() >= MANY_VALUES;
    for_jobs(share, jobs, |(rows, sum), _: &mut ()| add_rows(sum, rows));
    sum_of_rows(&partial, columns)
}
