//! Products of rows with rows, for pages: `gemm` copies both operands into panels first, which shows at
//! the sizes of embedding models.
//!
//! Both operands are read where they are. A tile is [`ROWS`] rows by [`COLUMNS`] columns of results,
//! each a vector of four partial sums over `k`: nine sums, three rows' values, one of the other operand
//! and one product are 14 of the 16 vector registers of x86-64. Tiles of 2 × 5, and four steps in a turn of
//! the loop, were slower (`make bench-page`).

use std::ops::Range;

use super::four::Four;
use super::matrix::{Results, Rows};

/// Rows of a tile.
const ROWS: usize = 3;
/// Columns of a tile.
const COLUMNS: usize = 3;
/// Columns that meet all rows before the next ones, and values of them that do: as many as stay in
/// the first-level cache.
const BLOCK: usize = 12;
const DEPTH: usize = 640;

impl Rows {
    /// # Safety
    /// The matrix has the row.
    unsafe fn from<const N: usize>(self, row: usize, at: usize) -> [*const f32; N] {
        // SAFETY: promised by the caller.
        std::array::from_fn(|i| unsafe { self.values.add((row + i) * self.stride + at) })
    }
}

/// `out[i, j] = scale · Σ_k a[i, k] · b[j, k]`, or that is added; `a` has `m` rows and `b` `n`, of `k`
/// values.
///
/// # Safety
/// The matrices are that large, and nobody else uses the results meanwhile.
pub unsafe fn rows_by_rows([m, n, k]: [usize; 3], a: Rows, b: Rows, out: Results) {
    for start in (0..k).step_by(DEPTH) {
        let depth = start..k.min(start + DEPTH);
        let out = Results {
            accumulate: out.accumulate || start > 0,
            ..out
        };
        for column in (0..n).step_by(BLOCK) {
            let block = column..n.min(column + BLOCK);
            let whole = m / ROWS * ROWS;
            // SAFETY: promised by the caller.
            unsafe {
                for row in (0..whole).step_by(ROWS) {
                    rows::<ROWS>(row, &block, &depth, a, b, out);
                }
                match m - whole {
                    1 => rows::<1>(whole, &block, &depth, a, b, out),
                    2 => rows::<2>(whole, &block, &depth, a, b, out),
                    _ => {}
                }
            }
        }
    }
}

/// `M` rows of a block of the results.
#[inline(always)]
unsafe fn rows<const M: usize>(
    row: usize,
    block: &Range<usize>,
    depth: &Range<usize>,
    a: Rows,
    b: Rows,
    out: Results,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let a = a.from::<M>(row, depth.start);
        let mut column = block.start;
        while column + COLUMNS <= block.end {
            let b = b.from::<COLUMNS>(column, depth.start);
            store(dots(a, b, depth.len()), row, column, out);
            column += COLUMNS;
        }
        while column < block.end {
            let b = b.from::<1>(column, depth.start);
            store(dots(a, b, depth.len()), row, column, out);
            column += 1;
        }
    }
}

#[inline(always)]
unsafe fn store<const M: usize, const N: usize>(
    sums: [[f32; N]; M],
    row: usize,
    column: usize,
    out: Results,
) {
    for (i, sums) in sums.into_iter().enumerate() {
        for (j, sum) in sums.into_iter().enumerate() {
            // SAFETY: promised by the caller.
            unsafe {
                let to = out.values.add((row + i) * out.stride + column + j);
                let before = if out.accumulate { *to } else { 0.0 };
                *to = before + out.scale * sum;
            }
        }
    }
}

/// The dot products of `M` rows with `N` rows of `k` values.
#[inline(always)]
unsafe fn dots<const M: usize, const N: usize>(
    a: [*const f32; M],
    b: [*const f32; N],
    k: usize,
) -> [[f32; N]; M] {
    let mut sums = [[Four::splat(0.0); N]; M];
    let whole = k / 4 * 4;
    for at in (0..whole).step_by(4) {
        // SAFETY: promised by the caller.
        unsafe {
            let a: [Four; M] = std::array::from_fn(|i| Four::load(a[i].add(at)));
            for j in 0..N {
                let b = Four::load(b[j].add(at));
                for i in 0..M {
                    sums[i][j] = sums[i][j].plus(a[i].times(b));
                }
            }
        }
    }
    let mut totals = sums.map(|row| row.map(Four::total));
    for at in whole..k {
        for (totals, a) in totals.iter_mut().zip(a) {
            for (total, b) in totals.iter_mut().zip(b) {
                // SAFETY: promised by the caller.
                *total += unsafe { *a.add(at) * *b.add(at) };
            }
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::super::matrix::tests::check;
    use super::*;

    #[test]
    fn every_remainder_and_stride() {
        for [m, n, k] in [
            [1, 1, 1],
            [2, 5, 8],
            [3, 6, 7],
            [5, 13, 1030],
            [4, 9, 2051],
            [7, 8, 4],
        ] {
            check([m, n, k], [1, k + 1], |a, b, out| {
                // SAFETY: the matrices are this large, and the results are used by nobody else.
                unsafe { rows_by_rows([m, n, k], a, b, out) }
            });
        }
    }
}
