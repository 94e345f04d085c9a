//! The inner loop of [`integers`](super::integers): pairs of 16-bit numbers times pairs, added up in 32 bits, in
//! the widest vectors that the processor has. All give the same numbers.

use super::integers::{CHUNK, WIDTH};

/// Rows that are multiplied together.
pub const ROWS: usize = 4;

/// [`WIDTH`] rows of weights, [`CHUNK`] values of each: for every pair of values the pairs of all rows, so that each row
/// has its sum in a lane of its own.
pub type Panel = [[[i16; 2]; WIDTH]; CHUNK / 2];

/// What each of the rows makes with each of the panel's: `Σ x · y` over the first `count` values, an even number.
pub fn products(x: [&[i16; CHUNK]; ROWS], y: &Panel, count: usize) -> [[i32; WIDTH]; ROWS] {
    assert!(count <= CHUNK);
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has just been found to have them.
            return unsafe { x86::with_vnni(x, &y[..count / 2]) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has just been found to have it.
            return unsafe { x86::with_avx2(x, &y[..count / 2]) };
        }
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return wasm::products(x, &y[..count / 2]);
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    portable(x, &y[..count / 2])
}

/// The definition, and what processors run that have no loop of their own.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn portable(x: [&[i16; CHUNK]; ROWS], y: &[[[i16; 2]; WIDTH]]) -> [[i32; WIDTH]; ROWS] {
    x.map(|x| {
        let (pairs, _) = x.as_chunks::<2>();
        let mut sums = [0; WIDTH];
        for (&[x0, x1], y) in pairs.iter().zip(y) {
            for (sum, &[y0, y1]) in sums.iter_mut().zip(y) {
                *sum += i32::from(x0) * i32::from(y0) + i32::from(x1) * i32::from(y1);
            }
        }
        sums
    })
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{CHUNK, ROWS, WIDTH};

    /// The pair at `at` of a row, in one number.
    ///
    /// # Safety
    /// It has one there.
    #[inline(always)]
    unsafe fn pair(x: &[i16; CHUNK], at: usize) -> i32 {
        // SAFETY: promised by the caller.
        unsafe { x.as_ptr().add(2 * at).cast::<i32>().read_unaligned() }
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    pub fn with_vnni(x: [&[i16; CHUNK]; ROWS], y: &[[[i16; 2]; WIDTH]]) -> [[i32; WIDTH]; ROWS] {
        // Two sums for every place, as each waits for its last addition.
        let mut sums = [[[_mm512_setzero_si512(); 2]; 2]; ROWS];
        let (twos, last) = y.as_chunks::<2>();
        let mut add = |at: usize, turn: usize, y: &[[i16; 2]; WIDTH]| {
            // SAFETY: `y` has 32 pairs, 16 in a vector.
            let y = [0, 16].map(|i| unsafe { _mm512_loadu_si512(y[i..].as_ptr().cast()) });
            for (sums, x) in sums.iter_mut().zip(x) {
                // SAFETY: `x` has as many pairs as `y` has places.
                let x = _mm512_set1_epi32(unsafe { pair(x, at) });
                for (sum, y) in sums.iter_mut().zip(y) {
                    sum[turn] = _mm512_dpwssd_epi32(sum[turn], x, y);
                }
            }
        };
        for (i, [even, odd]) in twos.iter().enumerate() {
            add(2 * i, 0, even);
            add(2 * i + 1, 1, odd);
        }
        for y in last {
            add(2 * twos.len(), 0, y);
        }
        let mut out = [[0; WIDTH]; ROWS];
        for (out, sums) in out.iter_mut().zip(sums) {
            for (out, [a, b]) in out.chunks_exact_mut(16).zip(sums) {
                // SAFETY: there is room for 16 numbers.
                unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), _mm512_add_epi32(a, b)) };
            }
        }
        out
    }

    #[target_feature(enable = "avx2")]
    pub fn with_avx2(x: [&[i16; CHUNK]; ROWS], y: &[[[i16; 2]; WIDTH]]) -> [[i32; WIDTH]; ROWS] {
        let mut out = [[0; WIDTH]; ROWS];
        // As many sums as registers hold.
        for first in [0, 16] {
            let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
            for (at, y) in y.iter().enumerate() {
                // SAFETY: `y` has 16 pairs from `first` on, eight in a vector.
                let y = [first, first + 8]
                    .map(|i| unsafe { _mm256_loadu_si256(y[i..].as_ptr().cast()) });
                for (sums, x) in sums.iter_mut().zip(x) {
                    // SAFETY: `x` has as many pairs as `y` has places.
                    let x = _mm256_set1_epi32(unsafe { pair(x, at) });
                    for (sum, y) in sums.iter_mut().zip(y) {
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(x, y));
                    }
                }
            }
            for (out, sums) in out.iter_mut().zip(sums) {
                for (out, sum) in out[first..].chunks_exact_mut(8).zip(sums) {
                    // SAFETY: there is room for eight numbers.
                    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), sum) };
                }
            }
        }
        out
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use std::arch::wasm32::*;

    use super::{CHUNK, ROWS, WIDTH};

    /// A function of its own: within a larger one, Chromium keeps the sums in memory.
    #[inline(never)]
    pub fn products(x: [&[i16; CHUNK]; ROWS], y: &[[[i16; 2]; WIDTH]]) -> [[i32; WIDTH]; ROWS] {
        let mut out = [[0; WIDTH]; ROWS];
        for first in [0, 8, 16, 24] {
            // SAFETY: `x` has as many pairs as `y` has places; `out` has 32 numbers in a row.
            unsafe {
                let sums = half(x.map(|x| x.as_ptr()), y, first);
                for (out, sums) in out.iter_mut().zip(sums) {
                    v128_store(out.as_mut_ptr().add(first).cast(), sums[0]);
                    v128_store(out.as_mut_ptr().add(first + 4).cast(), sums[1]);
                }
            }
        }
        out
    }

    /// Eight of the columns: as many sums as registers hold.
    #[inline(always)]
    unsafe fn half(
        x: [*const i16; ROWS],
        y: &[[[i16; 2]; WIDTH]],
        first: usize,
    ) -> [[v128; 2]; ROWS] {
        let mut sums = [[i32x4_splat(0); 2]; ROWS];
        for (at, y) in y.iter().enumerate() {
            // SAFETY: promised by the caller.
            unsafe {
                let y = y.as_ptr().add(first);
                let (low, high) = (v128_load(y.cast()), v128_load(y.add(4).cast()));
                for (x, sums) in x.iter().zip(&mut sums) {
                    let x = v128_load32_splat(x.add(2 * at).cast());
                    sums[0] = i32x4_add(sums[0], i32x4_dot_i16x8(x, low));
                    sums[1] = i32x4_add(sums[1], i32x4_dot_i16x8(x, high));
                }
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a processor that has none of the wider loops, this compares one with itself.
    #[test]
    fn all_loops_give_the_same() {
        let number = |i: usize| ((i * 7919) % 5791) as i16 - 2895;
        let x: [[i16; CHUNK]; ROWS] =
            std::array::from_fn(|row| std::array::from_fn(|i| number(row * 300 + i)));
        let rows = [&x[0], &x[1], &x[2], &x[3]];
        for count in [0, 1, 2, 3, 100, CHUNK / 2] {
            let y: Panel = std::array::from_fn(|at| {
                std::array::from_fn(|i| [number(at * 37 + i), number(at * 41 + i + 7)])
            });
            let expected = portable(rows, &y[..count]);
            assert_eq!(products(rows, &y, 2 * count), expected);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has it.
                assert_eq!(unsafe { x86::with_avx2(rows, &y[..count]) }, expected);
            }
        }
    }
}
