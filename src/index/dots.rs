//! Integer products of a query's views with the views of a block of records.
//!
//! A record's codes are read once for up to [`TOGETHER`] views of the query, which stay in the first-level
//! cache; five sums, five products and the record's codes fit the vector registers. Codes of records are
//! widened to 16 bits on the way, since there is an instruction that multiplies pairs of 16 bits and
//! adds them to 32 (`i32x4.dot_i16x8_s` in WASM, `vpmaddwd` on x86-64), so a query costs nothing more with
//! 16 bits than with 8, and is more exact.

use std::ops::Range;

use super::rows::{BLOCK, Block, LANES, QueryCodes};

/// Views of the query that meet a record's view together.
const TOGETHER: usize = 5;

/// One number for each record of a block.
pub type Lane = [f32; BLOCK];

/// `out[q · views + v][row] ≈ query view q · view v of the row`, for the block's rows and for `views` of
/// the `stored` ones.
///
/// `stride` codes belong to a view.
pub fn similarities(
    query: &QueryCodes,
    block: &Block,
    stored: usize,
    views: Range<usize>,
    stride: usize,
    out: &mut [Lane],
) {
    // What the loops below rely on.
    assert_eq!(stride % LANES, 0);
    assert_eq!(query.codes.len(), query.scales.len() * stride);
    assert_eq!(block.codes.len(), BLOCK * stored * stride);
    assert!(views.end <= stored && block.len <= BLOCK);
    assert_eq!(out.len(), query.scales.len() * views.len());
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been found to have it.
        return unsafe { wide(query, block, stored, views, stride, out) };
    }
    narrow(query, block, stored, views, stride, out);
}

/// Declares the loops over rows and views around one way to make products.
macro_rules! loops {
    ($(#[$attribute:meta])* $name:ident, $products:ident) => {
        $(#[$attribute])*
        fn $name(
            query: &QueryCodes,
            block: &Block,
            stored: usize,
            views: Range<usize>,
            stride: usize,
            out: &mut [Lane],
        ) {
            for row in 0..block.len {
                for view in views.clone() {
                    let at = row * stored + view;
                    let codes = &block.codes[at * stride..][..stride];
                    let scale = block.scales[at];
                    let mut first = 0;
                    while first < query.scales.len() {
                        let left = query.scales.len() - first;
                        let with = &query.codes[first * stride..];
                        let mut keep = |sums: &[i32]| {
                            for (i, &sum) in sums.iter().enumerate() {
                                let q = first + i;
                                out[q * views.len() + view - views.start][row] =
                                    sum as f32 * (query.scales[q] * scale);
                            }
                            sums.len()
                        };
                        // SAFETY: `with` has the codes of `left` views.
                        first += unsafe {
                            match left {
                                1 => keep(&$products::<1>(with, codes)),
                                2 => keep(&$products::<2>(with, codes)),
                                3 => keep(&$products::<3>(with, codes)),
                                4 => keep(&$products::<4>(with, codes)),
                                _ => keep(&$products::<TOGETHER>(with, codes)),
                            }
                        };
                    }
                }
            }
        }
    };
}

loops!(
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    wide,
    products_avx2
);
loops!(narrow, products);

/// Products of `N` views of a query with one view of a record.
///
/// # Safety
/// `query` has `N` times as many codes as `codes`, of which there is a multiple of [`LANES`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn products_avx2<const N: usize>(query: &[i16], codes: &[i8]) -> [i32; N] {
    use std::arch::x86_64::*;
    let stride = codes.len();
    let mut sums = [_mm256_setzero_si256(); N];
    for at in (0..stride).step_by(LANES) {
        // SAFETY: 16 codes are left, of the record and of each view (promised by the caller).
        unsafe {
            let codes = _mm256_cvtepi8_epi16(_mm_loadu_si128(codes.as_ptr().add(at).cast()));
            for (i, sum) in sums.iter_mut().enumerate() {
                let query = _mm256_loadu_si256(query.as_ptr().add(i * stride + at).cast());
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(query, codes));
            }
        }
    }
    let mut totals = [0; N];
    for (total, sum) in totals.iter_mut().zip(sums) {
        let half = _mm_add_epi32(
            _mm256_castsi256_si128(sum),
            _mm256_extracti128_si256(sum, 1),
        );
        let half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0b00_00_11_10));
        let half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0b00_00_00_01));
        *total = _mm_cvtsi128_si32(half);
    }
    totals
}

/// The same in a page.
///
/// # Safety
/// As `products_avx2`.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
unsafe fn products<const N: usize>(query: &[i16], codes: &[i8]) -> [i32; N] {
    use std::arch::wasm32::*;
    const HALF: usize = LANES / 2;
    let stride = codes.len();
    let mut sums = [i32x4_splat(0); N];
    for at in (0..stride).step_by(HALF) {
        // SAFETY: 8 codes are left, of the record and of each view (promised by the caller); WASM's
        // loads need no alignment.
        unsafe {
            let codes = i16x8_load_extend_i8x8(codes.as_ptr().add(at));
            for (i, sum) in sums.iter_mut().enumerate() {
                let query = v128_load(query.as_ptr().add(i * stride + at).cast());
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(query, codes));
            }
        }
    }
    sums.map(|sum| {
        i32x4_extract_lane::<0>(sum)
            + i32x4_extract_lane::<1>(sum)
            + i32x4_extract_lane::<2>(sum)
            + i32x4_extract_lane::<3>(sum)
    })
}

/// The same anywhere, for the compiler to vectorise.
///
/// # Safety
/// None is needed.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
unsafe fn products<const N: usize>(query: &[i16], codes: &[i8]) -> [i32; N] {
    let stride = codes.len();
    std::array::from_fn(|i| {
        let query = &query[i * stride..][..stride];
        query
            .iter()
            .zip(codes)
            .map(|(&q, &code)| i32::from(q) * i32::from(code))
            .sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes at both ends of what they may be, and small ones.
    fn codes(count: usize, largest: i32) -> Vec<i32> {
        (0..count)
            .map(|i| match i % 5 {
                0 => largest,
                1 => -largest,
                _ => (i as i32 * 37) % largest,
            })
            .collect()
    }

    #[test]
    fn every_number_of_views_gives_the_products_of_the_codes() {
        for (views, stored, stride, largest) in [
            (1, 1, 16, 32_767),
            (2, 3, 32, 32_767),
            (3, 5, 48, 32_767),
            (4, 2, 256, 32_767),
            (5, 5, 256, 32_767),
            (11, 5, 64, 32_767),
            (7, 1, 4096, 4128),
        ] {
            let query = QueryCodes {
                codes: codes(views * stride, largest)
                    .iter()
                    .map(|&c| c as i16)
                    .collect(),
                scales: (1..=views).map(|i| i as f32 / 8192.0).collect(),
            };
            let block = Block::of_codes(
                3,
                codes(BLOCK * stored * stride, 127)
                    .iter()
                    .map(|&c| c as i8)
                    .collect(),
                (1..=BLOCK * stored).map(|i| i as f32 / 8192.0).collect(),
            );
            for range in [0..stored, 0..1] {
                let mut fast = vec![[f32::NAN; BLOCK]; views * range.len()];
                let mut plain = fast.clone();
                similarities(&query, &block, stored, range.clone(), stride, &mut fast);
                narrow(&query, &block, stored, range.clone(), stride, &mut plain);
                for q in 0..views {
                    for v in range.clone() {
                        for row in 0..block.len {
                            let at = row * stored + v;
                            let sum: i64 = (0..stride)
                                .map(|i| {
                                    i64::from(query.codes[q * stride + i])
                                        * i64::from(block.codes[at * stride + i])
                                })
                                .sum();
                            let sum = i32::try_from(sum).expect("the sum fits an i32");
                            let expected = sum as f32 * (query.scales[q] * block.scales[at]);
                            let lane = q * range.len() + v;
                            assert_eq!(fast[lane][row], expected, "{views} {stored} {stride}");
                            assert_eq!(plain[lane][row], expected, "{views} {stored} {stride}");
                        }
                    }
                }
            }
        }
    }
}
