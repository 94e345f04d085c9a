//! Eight 16-bit numbers: what packed weights become before they are multiplied.

use super::pairs::Panel;

/// Eight whole numbers of 16 bits.
pub trait Eight: Copy {
    /// Eight signed bytes, each at the top of its 16 bits; two words, the first byte in the low bits.
    ///
    /// # Safety
    /// The processor has what the type needs; so for all that follow. There are two words.
    unsafe fn bytes(from: *const u32) -> Self;

    /// Eight numbers of four bits, stored plus 8, each at the top of its 16 bits; the first in the low bits.
    ///
    /// # Safety
    /// See [`bytes`](Self::bytes).
    unsafe fn nibbles(from: u32) -> Self;

    /// Each times the factor; the upper 16 bits of 31, rounded.
    ///
    /// # Safety
    /// See [`bytes`](Self::bytes).
    unsafe fn scaled(self, factor: i16) -> Self;

    /// Puts eight values of four rows into a panel: rows from `row` on, values from `at` on.
    ///
    /// # Safety
    /// See [`bytes`](Self::bytes). The panel has these rows and values.
    unsafe fn put(rows: [Self; 4], panel: &mut Panel, row: usize, at: usize);
}

/// The definition, for processors without a form of their own.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[derive(Clone, Copy)]
pub struct Portable([i16; 8]);

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl Eight for Portable {
    #[inline(always)]
    unsafe fn bytes(from: *const u32) -> Self {
        // SAFETY: promised by the caller.
        let words = [0, 1].map(|i| unsafe { *from.add(i) });
        Self(std::array::from_fn(|i| {
            ((words[i / 4] >> (8 * (i % 4))) << 8) as u16 as i16
        }))
    }

    #[inline(always)]
    unsafe fn nibbles(from: u32) -> Self {
        Self(std::array::from_fn(|i| {
            (((from >> (4 * i)) ^ 8) << 12) as u16 as i16
        }))
    }

    #[inline(always)]
    unsafe fn scaled(self, factor: i16) -> Self {
        Self(
            self.0
                .map(|x| ((i32::from(x) * i32::from(factor) + (1 << 14)) >> 15) as i16),
        )
    }

    #[inline(always)]
    unsafe fn put(rows: [Self; 4], panel: &mut Panel, row: usize, at: usize) {
        for (pair, place) in panel[at / 2..].iter_mut().take(4).enumerate() {
            for (Self(values), place) in rows.iter().zip(&mut place[row..]) {
                *place = [values[2 * pair], values[2 * pair + 1]];
            }
        }
    }
}

/// A vector of processors with AVX2.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct Avx2(std::arch::x86_64::__m128i);

#[cfg(target_arch = "x86_64")]
impl Eight for Avx2 {
    #[inline(always)]
    unsafe fn bytes(from: *const u32) -> Self {
        use std::arch::x86_64::*;
        // SAFETY: promised by the caller.
        unsafe {
            let bytes = _mm_loadl_epi64(from.cast());
            Self(_mm_unpacklo_epi8(_mm_setzero_si128(), bytes))
        }
    }

    #[inline(always)]
    unsafe fn nibbles(from: u32) -> Self {
        use std::arch::x86_64::*;
        // SAFETY: promised by the caller.
        unsafe {
            let words = _mm_set1_epi32(from as i32);
            let four_times = _mm_shufflehi_epi16(_mm_shufflelo_epi16(words, 0), 0x55);
            let places = _mm_set_epi16(1, 16, 256, 4096, 1, 16, 256, 4096);
            let top = _mm_and_si128(
                _mm_mullo_epi16(four_times, places),
                _mm_set1_epi16(0xf000_u16 as i16),
            );
            Self(_mm_xor_si128(top, _mm_set1_epi16(i16::MIN)))
        }
    }

    #[inline(always)]
    unsafe fn scaled(self, factor: i16) -> Self {
        use std::arch::x86_64::*;
        // SAFETY: promised by the caller.
        Self(unsafe { _mm_mulhrs_epi16(self.0, _mm_set1_epi16(factor)) })
    }

    #[inline(always)]
    unsafe fn put(
        [Self(a), Self(b), Self(c), Self(d)]: [Self; 4],
        panel: &mut Panel,
        row: usize,
        at: usize,
    ) {
        use std::arch::x86_64::*;
        // SAFETY: promised by the caller.
        unsafe {
            let (ab, cd) = (_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
            let (ab_high, cd_high) = (_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d));
            let columns = [
                _mm_unpacklo_epi64(ab, cd),
                _mm_unpackhi_epi64(ab, cd),
                _mm_unpacklo_epi64(ab_high, cd_high),
                _mm_unpackhi_epi64(ab_high, cd_high),
            ];
            for (i, column) in columns.into_iter().enumerate() {
                let place = panel.as_mut_ptr().add(at / 2 + i);
                _mm_storeu_si128((*place).as_mut_ptr().add(row).cast(), column);
            }
        }
    }
}

/// A vector of a page.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[derive(Clone, Copy)]
pub struct Simd128(std::arch::wasm32::v128);

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Eight for Simd128 {
    #[inline(always)]
    unsafe fn bytes(from: *const u32) -> Self {
        use std::arch::wasm32::*;
        // SAFETY: promised by the caller.
        Self(i16x8_shl(unsafe { i16x8_load_extend_i8x8(from.cast()) }, 8))
    }

    #[inline(always)]
    unsafe fn nibbles(from: u32) -> Self {
        use std::arch::wasm32::*;
        let words = u32x4_splat(from);
        let four_times = i16x8_shuffle::<0, 0, 0, 0, 1, 1, 1, 1>(words, words);
        let places = i16x8(4096, 256, 16, 1, 4096, 256, 16, 1);
        let top = v128_and(i16x8_mul(four_times, places), u16x8_splat(0xf000));
        Self(v128_xor(top, i16x8_splat(i16::MIN)))
    }

    #[inline(always)]
    unsafe fn scaled(self, factor: i16) -> Self {
        use std::arch::wasm32::*;
        Self(i16x8_q15mulr_sat(self.0, i16x8_splat(factor)))
    }

    #[inline(always)]
    unsafe fn put(
        [Self(a), Self(b), Self(c), Self(d)]: [Self; 4],
        panel: &mut Panel,
        row: usize,
        at: usize,
    ) {
        use std::arch::wasm32::*;
        let (ab, ab_high) = (
            i32x4_shuffle::<0, 4, 1, 5>(a, b),
            i32x4_shuffle::<2, 6, 3, 7>(a, b),
        );
        let (cd, cd_high) = (
            i32x4_shuffle::<0, 4, 1, 5>(c, d),
            i32x4_shuffle::<2, 6, 3, 7>(c, d),
        );
        let columns = [
            i32x4_shuffle::<0, 1, 4, 5>(ab, cd),
            i32x4_shuffle::<2, 3, 6, 7>(ab, cd),
            i32x4_shuffle::<0, 1, 4, 5>(ab_high, cd_high),
            i32x4_shuffle::<2, 3, 6, 7>(ab_high, cd_high),
        ];
        for (i, column) in columns.into_iter().enumerate() {
            // SAFETY: promised by the caller.
            unsafe {
                let place = panel.as_mut_ptr().add(at / 2 + i);
                v128_store((*place).as_mut_ptr().add(row).cast(), column);
            }
        }
    }
}
