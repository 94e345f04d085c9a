//! Products of rows with rows, for pages: `gemm` copies both operands into panels first, which shows at
//! the sizes of embedding models.
//!
//! Both operands are read where they are. A tile is [`ROWS`] rows by [`COLUMNS`] columns of results,
//! each a vector of four partial sums over `k`: nine sums, three rows' values, one of the other operand
//! and one product are 14 of the 16 vector registers of x86-64. Tiles of 2 × 5, and four steps in a turn of
//! the loop, were slower (`make bench-page`).

use std::ops::Range;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use std::arch::wasm32::{f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, v128, v128_load};

/// Rows of a tile.
const ROWS: usize = 3;
/// Columns of a tile.
const COLUMNS: usize = 3;
/// Columns that meet all rows before the next ones, and values of them that do: as many as stay in
/// the first-level cache.
const BLOCK: usize = 12;
const DEPTH: usize = 640;

/// A matrix whose rows are contiguous.
#[derive(Clone, Copy)]
pub struct Rows {
    /// Its first value.
    pub values: *const f32,
    /// How far apart its rows are.
    pub stride: usize,
}

impl Rows {
    /// # Safety
    /// The matrix has the row.
    unsafe fn from<const N: usize>(self, row: usize, at: usize) -> [*const f32; N] {
        // SAFETY: promised by the caller.
        std::array::from_fn(|i| unsafe { self.values.add((row + i) * self.stride + at) })
    }
}

/// The results, row by row.
#[derive(Clone, Copy)]
pub struct Results {
    pub values: *mut f32,
    pub stride: usize,
    pub scale: f32,
    /// Whether results are added to what is there.
    pub accumulate: bool,
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
    let mut sums = [[Four::zero(); N]; M];
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

/// Four floats: a vector in a page, and elsewhere what tests it.
#[derive(Clone, Copy)]
struct Four(
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))] v128,
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))] [f32; 4],
);

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Four {
    #[inline(always)]
    fn zero() -> Self {
        Self(f32x4_splat(0.0))
    }

    /// # Safety
    /// There are four values.
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: promised by the caller; WASM's loads need no alignment.
        Self(unsafe { v128_load(from.cast()) })
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self(f32x4_mul(self.0, other.0))
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }

    #[inline(always)]
    fn total(self) -> f32 {
        let Self(x) = self;
        (f32x4_extract_lane::<0>(x) + f32x4_extract_lane::<2>(x))
            + (f32x4_extract_lane::<1>(x) + f32x4_extract_lane::<3>(x))
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl Four {
    fn zero() -> Self {
        Self([0.0; 4])
    }

    /// # Safety
    /// There are four values.
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: promised by the caller; floats lie as floats do.
        Self(unsafe { from.cast::<[f32; 4]>().read() })
    }

    fn times(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }

    fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    fn total(self) -> f32 {
        let [a, b, c, d] = self.0;
        (a + c) + (b + d)
    }
}

#[cfg(test)]
mod tests {
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
            for accumulate in [false, true] {
                check([m, n, k], accumulate);
            }
        }
    }

    fn check([m, n, k]: [usize; 3], accumulate: bool) {
        let (a_stride, b_stride, stride) = (k + 3, k + 1, n + 2);
        let numbers = |count: usize, salt: usize| -> Vec<f32> {
            (0..count)
                .map(|i| ((i * 37 + salt) % 101) as f32 / 50.0 - 1.0)
                .collect()
        };
        let (a, b) = (numbers(m * a_stride, 5), numbers(n * b_stride, 11));
        let before = numbers(m * stride, 3);
        let mut out = before.clone();
        let rows = |values: &[f32], stride| Rows {
            values: values.as_ptr(),
            stride,
        };
        let results = Results {
            values: out.as_mut_ptr(),
            stride,
            scale: 0.5,
            accumulate,
        };
        // SAFETY: the matrices are this large, and `out` is used by nobody else.
        unsafe { rows_by_rows([m, n, k], rows(&a, a_stride), rows(&b, b_stride), results) };
        for i in 0..m {
            for j in 0..stride {
                let at = i * stride + j;
                let expected = if j < n {
                    let dot: f64 = (0..k)
                        .map(|x| f64::from(a[i * a_stride + x]) * f64::from(b[j * b_stride + x]))
                        .sum();
                    dot * 0.5
                        + if accumulate {
                            f64::from(before[at])
                        } else {
                            0.0
                        }
                } else {
                    f64::from(before[at])
                };
                let off = (f64::from(out[at]) - expected).abs();
                assert!(off < 1e-4, "{m} {n} {k}: [{i}, {j}] is off by {off}");
            }
        }
    }
}
