//! Matrix products for pages, in tiles of four rows by eight columns.
//!
//! A step of a tile multiplies four values, each spread over a vector, with two vectors of the other
//! operand: eight sums, two vectors, one spread value and one product are 12 of the 16 vector registers of
//! x86-64, and on a processor that adds and multiplies at once nothing waits (tiles of 3 × 3 dot products, whose
//! registers do not suffice, were 1.4 times as slow in Chromium). The vectors are contiguous in the
//! operand that has its columns side by side; of two operands with contiguous rows, the left one is brought into
//! such [`Panels`] first.

use std::ops::Range;

use super::four::Four;
use super::matrix::{Results, Rows};

/// Rows of a tile.
const ROWS: usize = 4;
/// Columns of a tile.
const COLUMNS: usize = 8;
/// Values of a row that meet all others before the next ones: a panel of so many stays in the first-level cache.
const DEPTH: usize = 512;
/// Rows that meet all panels before the next ones: so many stay in the second-level cache.
const BLOCK: usize = 64;

/// Rows of a matrix, eight side by side: for every column a vector of its values in eight rows. The last four
/// rows or fewer have a panel of four; rows that are missing are zeros.
pub struct Panels {
    values: Vec<f32>,
    /// Values of a row.
    depth: usize,
}

impl Panels {
    /// # Safety
    /// The matrix has `count` rows of `depth` values.
    pub unsafe fn of(rows: Rows, count: usize, depth: usize) -> Self {
        let whole = count / COLUMNS * COLUMNS;
        let padded = whole + (count - whole).next_multiple_of(4);
        let mut values = vec![0.0_f32; padded * depth];
        for first in (0..padded).step_by(4) {
            let (panel, half) = (first / COLUMNS * COLUMNS, first % COLUMNS);
            let width = COLUMNS.min(padded - panel);
            let there = count.saturating_sub(first).min(4);
            // SAFETY: promised by the caller; a panel has `width` values for each of the columns.
            unsafe {
                let to = values.as_mut_ptr().add(panel * depth + half);
                let from =
                    |row: usize, at: usize| rows.values.add((first + row) * rows.stride + at);
                let mut at = 0;
                while there == 4 && at + 4 <= depth {
                    let four = std::array::from_fn(|row| Four::load(from(row, at)));
                    for (i, column) in Four::transposed(four).into_iter().enumerate() {
                        column.store(to.add((at + i) * width));
                    }
                    at += 4;
                }
                for at in at..depth {
                    for row in 0..there {
                        *to.add(at * width + row) = *from(row, at);
                    }
                }
            }
        }
        Self { values, depth }
    }

    /// First row, width and values of the panels of some rows.
    fn each(&self, rows: &Range<usize>) -> impl Iterator<Item = (usize, usize, &[f32])> {
        debug_assert!(rows.start.is_multiple_of(COLUMNS));
        let panels = self.values.chunks(COLUMNS * self.depth.max(1)).enumerate();
        let wanted = rows.start / COLUMNS..rows.end.div_ceil(COLUMNS);
        panels
            .take(wanted.end)
            .skip(wanted.start)
            .map(|(i, values)| (i * COLUMNS, values.len() / self.depth.max(1), values))
    }
}

/// `out[i, j] = scale · Σ_k a[i, k] · b[j, k]`, or that is added, for some rows of `a`, of which the first is that of a
/// panel; `b` has `n` rows.
///
/// # Safety
/// `b` and the results are that large, and nobody else uses the results meanwhile.
pub unsafe fn panels_by_rows(a: &Panels, rows: Range<usize>, n: usize, b: Rows, out: Results) {
    for start in (0..a.depth).step_by(DEPTH) {
        let depth = DEPTH.min(a.depth - start);
        let out = Results {
            accumulate: out.accumulate || start > 0,
            ..out
        };
        for block in (0..n).step_by(BLOCK) {
            let end = n.min(block + BLOCK);
            for (first, width, panel) in a.each(&rows) {
                let count = width.min(rows.end - first);
                // SAFETY: promised by the caller; a panel has `width` values for each column.
                unsafe {
                    let panel = panel.as_ptr().add(start * width);
                    let mut row = block;
                    while row < end {
                        let b = Rows {
                            values: b.values.add(row * b.stride + start),
                            ..b
                        };
                        let results = Results {
                            values: out.values.add((first - rows.start) * out.stride + row),
                            ..out
                        };
                        row += match (end - row, width) {
                            (4.., COLUMNS) => turned::<ROWS, 2>(b, panel, depth, count, results),
                            (8.., _) => turned::<8, 1>(b, panel, depth, count, results),
                            (4.., _) => turned::<ROWS, 1>(b, panel, depth, count, results),
                            (_, COLUMNS) => turned::<1, 2>(b, panel, depth, count, results),
                            (_, _) => turned::<1, 1>(b, panel, depth, count, results),
                        };
                    }
                }
            }
        }
    }
}

/// `out[i, j] = scale · Σ_k a[i, k] · b[k, j]`, or that is added; `a` has `m` rows of `k` values, and `b` `k` rows
/// of `n`.
///
/// # Safety
/// The matrices are that large, and nobody else uses the results meanwhile.
pub unsafe fn rows_by_columns([m, n, k]: [usize; 3], a: Rows, b: Rows, out: Results) {
    let mut column = 0;
    while column < n {
        let left = n - column;
        let width = if left >= COLUMNS {
            COLUMNS
        } else {
            left.min(4)
        };
        let mut row = 0;
        while row < m {
            // SAFETY: promised by the caller.
            unsafe {
                let a = Rows {
                    values: a.values.add(row * a.stride),
                    ..a
                };
                let b = Rows {
                    values: b.values.add(column),
                    ..b
                };
                let results = Results {
                    values: out.values.add(row * out.stride + column),
                    ..out
                };
                row += match (m - row, width) {
                    (4.., COLUMNS) => straight::<ROWS, 2>(a, b, k, results),
                    (_, COLUMNS) => straight::<1, 2>(a, b, k, results),
                    (4.., 4) => straight::<ROWS, 1>(a, b, k, results),
                    (_, 4) => straight::<1, 1>(a, b, k, results),
                    (_, _) => single(a, b, [width, k], results),
                };
            }
        }
        column += width;
    }
}

/// A tile whose rows are columns of the results: `M` rows of `b` times a panel of `4 V` rows, of which `count` are
/// there. Gives `M`.
#[inline(always)]
unsafe fn turned<const M: usize, const V: usize>(
    b: Rows,
    panel: *const f32,
    depth: usize,
    count: usize,
    out: Results,
) -> usize {
    // SAFETY: promised by the caller.
    unsafe {
        let sums = tile::<M, V>(b, panel, 4 * V, depth);
        for part in 0..V {
            let there = count.saturating_sub(4 * part).min(4);
            let column = sums.map(|row| row[part]);
            for four in (0..M).step_by(4) {
                let to = out.values.add(4 * part * out.stride + four);
                if M < 4 {
                    for (row, value) in lanes(column[four]).into_iter().take(there).enumerate() {
                        let to = to.add(row * out.stride);
                        let before = if out.accumulate { *to } else { 0.0 };
                        *to = before + out.scale * value;
                    }
                } else {
                    let rows = Four::transposed(std::array::from_fn(|i| column[four + i]));
                    for (row, values) in rows.into_iter().take(there).enumerate() {
                        put(values, to.add(row * out.stride), out);
                    }
                }
            }
        }
    }
    M
}

/// A tile whose rows are rows of the results. Gives `M`.
#[inline(always)]
unsafe fn straight<const M: usize, const V: usize>(
    a: Rows,
    b: Rows,
    k: usize,
    out: Results,
) -> usize {
    // SAFETY: promised by the caller.
    unsafe {
        let sums = tile::<M, V>(a, b.values, b.stride, k);
        for (row, sums) in sums.into_iter().enumerate() {
            for (part, sums) in sums.into_iter().enumerate() {
                put(sums, out.values.add(row * out.stride + 4 * part), out);
            }
        }
    }
    M
}

/// One row of up to three columns. Gives 1.
#[inline(always)]
unsafe fn single(a: Rows, b: Rows, [columns, k]: [usize; 2], out: Results) -> usize {
    for column in 0..columns {
        let mut sum = 0.0;
        // SAFETY: promised by the caller.
        unsafe {
            for x in 0..k {
                sum += *a.values.add(x) * *b.values.add(x * b.stride + column);
            }
            let to = out.values.add(column);
            let before = if out.accumulate { *to } else { 0.0 };
            *to = before + out.scale * sum;
        }
    }
    1
}

/// The products of `M` rows with `k` rows of `4 V` values, which are `step` apart.
#[inline(always)]
unsafe fn tile<const M: usize, const V: usize>(
    rows: Rows,
    vectors: *const f32,
    step: usize,
    k: usize,
) -> [[Four; V]; M] {
    let mut sums = [[Four::splat(0.0); V]; M];
    for x in 0..k {
        // SAFETY: promised by the caller.
        unsafe {
            let vectors: [Four; V] =
                std::array::from_fn(|part| Four::load(vectors.add(x * step + 4 * part)));
            for (row, sums) in sums.iter_mut().enumerate() {
                let value = Four::load_splat(rows.values.add(row * rows.stride + x));
                for (sum, vector) in sums.iter_mut().zip(vectors) {
                    *sum = sum.plus(value.times(vector));
                }
            }
        }
    }
    sums
}

/// Four results side by side.
#[inline(always)]
unsafe fn put(sums: Four, to: *mut f32, out: Results) {
    // SAFETY: promised by the caller.
    unsafe {
        let sums = sums.times(Four::splat(out.scale));
        let sums = if out.accumulate {
            Four::load(to).plus(sums)
        } else {
            sums
        };
        sums.store(to);
    }
}

#[inline(always)]
fn lanes(four: Four) -> [f32; 4] {
    let mut lanes = [0.0; 4];
    // SAFETY: there is room for four values.
    unsafe { four.store(lanes.as_mut_ptr()) };
    lanes
}

#[cfg(test)]
mod tests {
    use super::super::matrix::tests::{check, rows};
    use super::*;

    const SHAPES: [[usize; 3]; 8] = [
        [1, 1, 1],
        [4, 8, 5],
        [5, 13, 1030],
        [8, 4, 8],
        [13, 70, 7],
        [17, 3, 600],
        [23, 129, 64],
        [7, 11, 3],
    ];

    #[test]
    fn every_remainder_of_panels_and_rows() {
        for [m, n, k] in SHAPES {
            check([m, n, k], [1, k + 1], |a, b, out| {
                // SAFETY: the matrices are this large, and the results are used by nobody else.
                unsafe { panels_by_rows(&Panels::of(a, m, k), 0..m, n, b, out) }
            });
        }
    }

    #[test]
    fn every_remainder_of_rows_and_columns() {
        for [m, n, k] in SHAPES {
            check([m, n, k], [n + 1, 1], |a, b, out| {
                // SAFETY: the matrices are this large, and the results are used by nobody else.
                unsafe { rows_by_columns([m, n, k], a, rows(b.values, n + 1), out) }
            });
        }
    }
}
