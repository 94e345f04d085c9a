//! Products of rows with rows on x86-64 processors with AVX2 or AVX-512.
//!
//! The rows of the left operand, of which there are fewer, are brought into [`Strips`]: as many rows as a vector has
//! lanes, side by side. The right operand's rows, which are weights, are read where they lie: each of their values is spread over a
//! vector and multiplied with one of a strip or two. `gemm` copies both, which costs more than the product where there
//! are few rows, as in a text. Both kinds of processors add the same numbers in the same order.

use std::arch::x86_64::*;
use std::ops::Range;

use super::matrix::{Results, Rows};

/// Values of a row that meet all others before the next ones, so that a tile's weights stay in the first-level cache.
const DEPTH: usize = 1024;
/// Lanes of the widest vector, and most weight rows in a tile.
const MOST_LANES: usize = 16;
const MOST_ROWS: usize = 12;

/// The vectors of a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vectors {
    /// Of eight floats: AVX2 and FMA.
    Eight,
    /// Of sixteen: AVX-512.
    Sixteen,
}

impl Vectors {
    /// The widest that this processor has; `None` if it has neither.
    pub fn here() -> Option<Self> {
        if is_x86_feature_detected!("avx512f") {
            Some(Self::Sixteen)
        } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            Some(Self::Eight)
        } else {
            None
        }
    }

    fn lanes(self) -> usize {
        match self {
            Self::Eight => 8,
            Self::Sixteen => 16,
        }
    }
}

/// Rows of a matrix, side by side: for every column a vector of its values in as many rows as there are lanes. Rows that
/// are missing in the last strip are zeros.
pub struct Strips {
    vectors: Vectors,
    values: Vec<f32>,
    /// Values of a row.
    depth: usize,
}

impl Strips {
    /// # Safety
    /// The matrix has `count` rows of `depth` values.
    pub unsafe fn of(vectors: Vectors, rows: Rows, count: usize, depth: usize) -> Self {
        let lanes = vectors.lanes();
        let mut values = vec![0.0; count.next_multiple_of(lanes) * depth];
        for first in (0..count).step_by(4) {
            let there = (count - first).min(4);
            let (strip, lane) = (first / lanes * lanes, first % lanes);
            // SAFETY: promised by the caller; a strip has `lanes` values for each of the columns.
            unsafe {
                let to = values.as_mut_ptr().add(strip * depth + lane);
                let from =
                    |row: usize, at: usize| rows.values.add((first + row) * rows.stride + at);
                let mut at = 0;
                while there == 4 && at + 4 <= depth {
                    let four = std::array::from_fn(|row| _mm_loadu_ps(from(row, at)));
                    for (i, column) in transposed(four).into_iter().enumerate() {
                        _mm_storeu_ps(to.add((at + i) * lanes), column);
                    }
                    at += 4;
                }
                for at in at..depth {
                    for row in 0..there {
                        *to.add(at * lanes + row) = *from(row, at);
                    }
                }
            }
        }
        Self {
            vectors,
            values,
            depth,
        }
    }
}

/// `out[i, j] = scale · Σ_k a[i, k] · b[j, k]`, or that is added, for some rows of `a`, of which the first is that of a
/// strip; `b` has `n` rows.
///
/// # Safety
/// `b` and the results are that large, nobody else uses the results meanwhile, and the processor has the strips'
/// vectors.
pub unsafe fn strips_by_rows(a: &Strips, rows: Range<usize>, n: usize, b: Rows, out: Results) {
    // SAFETY: promised by the caller.
    unsafe {
        match a.vectors {
            Vectors::Eight => with_avx2(a, rows, n, b, out),
            Vectors::Sixteen => with_avx512(a, rows, n, b, out),
        }
    }
}

#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2(a: &Strips, rows: Range<usize>, n: usize, b: Rows, out: Results) {
    // SAFETY: promised by the caller.
    unsafe { all::<__m256, 6>(a, rows, n, b, out) }
}

#[target_feature(enable = "avx512f")]
unsafe fn with_avx512(a: &Strips, rows: Range<usize>, n: usize, b: Rows, out: Results) {
    // SAFETY: promised by the caller.
    unsafe { all::<__m512, MOST_ROWS>(a, rows, n, b, out) }
}

/// In tiles of up to `M` rows of `b` and two strips.
#[inline(always)]
unsafe fn all<L: Lanes, const M: usize>(
    a: &Strips,
    rows: Range<usize>,
    n: usize,
    b: Rows,
    out: Results,
) {
    debug_assert!(rows.start.is_multiple_of(L::COUNT));
    for start in (0..a.depth).step_by(DEPTH) {
        let depth = DEPTH.min(a.depth - start);
        let out = Results {
            accumulate: out.accumulate || start > 0,
            ..out
        };
        let mut column = 0;
        while column < n {
            let left = n - column;
            let height = if left >= M { M } else { left.min(4) };
            // SAFETY: promised by the caller.
            unsafe {
                let b = Rows {
                    values: b.values.add(column * b.stride + start),
                    ..b
                };
                let mut first = rows.start;
                while first < rows.end {
                    let count = rows.end - first;
                    let strip = |i: usize| {
                        let from = (first + i * L::COUNT) * a.depth + start * L::COUNT;
                        a.values.as_ptr().add(from)
                    };
                    let place = Results {
                        values: out.values.add((first - rows.start) * out.stride + column),
                        ..out
                    };
                    if count > L::COUNT {
                        let strips = [strip(0), strip(1)];
                        row_tiles::<L, M, 2>(height, b, strips, depth, count, place);
                        first += 2 * L::COUNT;
                    } else {
                        row_tiles::<L, M, 1>(height, b, [strip(0)], depth, count, place);
                        first += L::COUNT;
                    }
                }
            }
            column += if height == M || height == 4 {
                height
            } else {
                1
            };
        }
    }
}

/// A tile of `M` rows of `b`, of four or of one.
#[inline(always)]
unsafe fn row_tiles<L: Lanes, const M: usize, const V: usize>(
    height: usize,
    b: Rows,
    strips: [*const f32; V],
    depth: usize,
    count: usize,
    out: Results,
) {
    // SAFETY: promised by the caller.
    unsafe {
        if height == M {
            tile::<L, M, V>(b, strips, depth, count, out);
        } else if height == 4 {
            tile::<L, 4, V>(b, strips, depth, count, out);
        } else {
            tile::<L, 1, V>(b, strips, depth, count, out);
        }
    }
}

/// `M` rows of `b` times `V` strips, of which `count` rows are there.
#[inline(always)]
unsafe fn tile<L: Lanes, const M: usize, const V: usize>(
    b: Rows,
    strips: [*const f32; V],
    depth: usize,
    count: usize,
    out: Results,
) {
    // What the rows of `b` make with all lanes.
    let mut sums = [[0.0_f32; 2 * MOST_LANES]; MOST_ROWS];
    // SAFETY: promised by the caller.
    unsafe {
        let mut vectors = [[L::zero(); V]; M];
        for x in 0..depth {
            let mut columns = [L::zero(); V];
            for (column, strip) in columns.iter_mut().zip(strips) {
                *column = L::load(strip.add(x * L::COUNT));
            }
            for (row, vectors) in vectors.iter_mut().enumerate() {
                let value = L::splat(*b.values.add(row * b.stride + x));
                for (vector, column) in vectors.iter_mut().zip(columns) {
                    *vector = vector.plus_product(value, column);
                }
            }
        }
        for (sums, vectors) in sums.iter_mut().zip(vectors) {
            for (i, vector) in vectors.into_iter().enumerate() {
                vector.store(sums.as_mut_ptr().add(i * L::COUNT));
            }
        }
        let count = count.min(V * L::COUNT);
        let whole = if M.is_multiple_of(4) {
            count / 4 * 4
        } else {
            0
        };
        for lane in (0..whole).step_by(4) {
            for row in (0..M).step_by(4) {
                let four = std::array::from_fn(|i| _mm_loadu_ps(sums[row + i][lane..].as_ptr()));
                for (i, values) in transposed(four).into_iter().enumerate() {
                    let to = out.values.add((lane + i) * out.stride + row);
                    let values = _mm_mul_ps(values, _mm_set1_ps(out.scale));
                    let values = if out.accumulate {
                        _mm_add_ps(_mm_loadu_ps(to), values)
                    } else {
                        values
                    };
                    _mm_storeu_ps(to, values);
                }
            }
        }
        for lane in whole..count {
            for (row, sums) in sums.iter().take(M).enumerate() {
                let to = out.values.add(lane * out.stride + row);
                let before = if out.accumulate { *to } else { 0.0 };
                *to = before + out.scale * sums[lane];
            }
        }
    }
}

/// Rows for columns.
#[inline(always)]
fn transposed([a, b, c, d]: [__m128; 4]) -> [__m128; 4] {
    // SAFETY: every x86-64 processor has SSE.
    unsafe {
        let (ab, ab_high) = (_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
        let (cd, cd_high) = (_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
        [
            _mm_movelh_ps(ab, cd),
            _mm_movehl_ps(cd, ab),
            _mm_movelh_ps(ab_high, cd_high),
            _mm_movehl_ps(cd_high, ab_high),
        ]
    }
}

/// A vector. All of it asks for a processor that has such vectors.
trait Lanes: Copy {
    const COUNT: usize;
    unsafe fn zero() -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn splat(value: f32) -> Self;
    unsafe fn plus_product(self, a: Self, b: Self) -> Self;
    unsafe fn store(self, to: *mut f32);
}

macro_rules! lanes {
    ($vector:ty, $count:expr, $zero:ident, $load:ident, $splat:ident, $fused:ident, $store:ident) => {
        impl Lanes for $vector {
            const COUNT: usize = $count;

            #[inline(always)]
            unsafe fn zero() -> Self {
                // SAFETY: promised by the caller; so below.
                unsafe { $zero() }
            }

            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                unsafe { $load(from) }
            }

            #[inline(always)]
            unsafe fn splat(value: f32) -> Self {
                unsafe { $splat(value) }
            }

            #[inline(always)]
            unsafe fn plus_product(self, a: Self, b: Self) -> Self {
                unsafe { $fused(a, b, self) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut f32) {
                unsafe { $store(to, self) }
            }
        }
    };
}

lanes!(
    __m256,
    8,
    _mm256_setzero_ps,
    _mm256_loadu_ps,
    _mm256_set1_ps,
    _mm256_fmadd_ps,
    _mm256_storeu_ps
);
lanes!(
    __m512,
    16,
    _mm512_setzero_ps,
    _mm512_loadu_ps,
    _mm512_set1_ps,
    _mm512_fmadd_ps,
    _mm512_storeu_ps
);

#[cfg(test)]
mod tests {
    use super::super::matrix::tests::check;
    use super::*;

    #[test]
    fn every_remainder_on_every_processor() {
        let Some(here) = Vectors::here() else {
            return;
        };
        for vectors in [Vectors::Eight, here] {
            for [m, n, k] in [
                [1, 1, 1],
                [3, 12, 5],
                [5, 13, 1030],
                [16, 4, 8],
                [17, 70, 7],
                [33, 17, 64],
                [50, 129, 100],
                [70, 5, 3],
            ] {
                check([m, n, k], [1, k + 1], |a, b, out| {
                    // SAFETY: the matrices are this large, the results are used by nobody else, and who has the
                    // wider vectors has the others.
                    unsafe {
                        let strips = Strips::of(vectors, a, m, k);
                        // In two parts, where there are as many rows.
                        let cut = if m > 32 { 32 } else { 0 };
                        strips_by_rows(&strips, 0..cut, n, b, out);
                        let rest = Results {
                            values: out.values.add(cut * out.stride),
                            ..out
                        };
                        strips_by_rows(&strips, cut..m, n, b, rest);
                    }
                });
            }
        }
    }
}
