//! Four floats: a vector in a page, and elsewhere what tests the loops over it.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use std::arch::wasm32::{
    f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, i32x4_shuffle, v128, v128_load,
    v128_load32_splat, v128_store,
};

/// Four floats.
#[derive(Clone, Copy)]
pub struct Four(
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))] v128,
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))] [f32; 4],
);

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Four {
    /// The same value four times.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    /// One value, four times.
    ///
    /// # Safety
    /// There is one.
    #[inline(always)]
    pub unsafe fn load_splat(from: *const f32) -> Self {
        // SAFETY: promised by the caller; WASM's loads need no alignment.
        Self(unsafe { v128_load32_splat(from.cast()) })
    }

    /// # Safety
    /// There are four values.
    #[inline(always)]
    pub unsafe fn load(from: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self(unsafe { v128_load(from.cast()) })
    }

    /// # Safety
    /// There is room for four values.
    #[inline(always)]
    pub unsafe fn store(self, to: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe { v128_store(to.cast(), self.0) }
    }

    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        Self(f32x4_mul(self.0, other.0))
    }

    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }

    #[inline(always)]
    pub fn total(self) -> f32 {
        let Self(x) = self;
        (f32x4_extract_lane::<0>(x) + f32x4_extract_lane::<2>(x))
            + (f32x4_extract_lane::<1>(x) + f32x4_extract_lane::<3>(x))
    }

    /// Rows for columns.
    #[inline(always)]
    pub fn transposed([Self(a), Self(b), Self(c), Self(d)]: [Self; 4]) -> [Self; 4] {
        let (ab_low, ab_high) = (
            i32x4_shuffle::<0, 4, 1, 5>(a, b),
            i32x4_shuffle::<2, 6, 3, 7>(a, b),
        );
        let (cd_low, cd_high) = (
            i32x4_shuffle::<0, 4, 1, 5>(c, d),
            i32x4_shuffle::<2, 6, 3, 7>(c, d),
        );
        [
            Self(i32x4_shuffle::<0, 1, 4, 5>(ab_low, cd_low)),
            Self(i32x4_shuffle::<2, 3, 6, 7>(ab_low, cd_low)),
            Self(i32x4_shuffle::<0, 1, 4, 5>(ab_high, cd_high)),
            Self(i32x4_shuffle::<2, 3, 6, 7>(ab_high, cd_high)),
        ]
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl Four {
    /// The same value four times.
    pub fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    /// One value, four times.
    ///
    /// # Safety
    /// There is one.
    pub unsafe fn load_splat(from: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self::splat(unsafe { *from })
    }

    /// # Safety
    /// There are four values.
    pub unsafe fn load(from: *const f32) -> Self {
        // SAFETY: promised by the caller; floats lie as floats do.
        Self(unsafe { from.cast::<[f32; 4]>().read() })
    }

    /// # Safety
    /// There is room for four values.
    pub unsafe fn store(self, to: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe { to.cast::<[f32; 4]>().write(self.0) }
    }

    pub fn times(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }

    pub fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    pub fn total(self) -> f32 {
        let [a, b, c, d] = self.0;
        (a + c) + (b + d)
    }

    /// Rows for columns.
    pub fn transposed(rows: [Self; 4]) -> [Self; 4] {
        std::array::from_fn(|column| Self(std::array::from_fn(|row| rows[row].0[column])))
    }
}
