//! Products with q8 and q4 weights as whole numbers, where rows are as long as a chunk at least.
//!
//! Rows of activations and of weights are cut into chunks of [`CHUNK`] columns. Each chunk of a row is rounded to
//! whole numbers up to [`LARGEST`] with a scale of its own, so that an outlier costs only its neighbours precision.
//! The products of a chunk add up in 32 bits and cannot overflow; what the chunks give is added in f32. Whole
//! numbers have one sum in whatever order, so the bits of a result are the same on every processor and in a page.
//!
//! Twelve bits are more than q8 has, and rounding to them changes a vector less than q8 itself does by far
//! (`tests/precision.rs`). They cost nothing: all processors multiply pairs of 16 bits and add the two products in one
//! instruction.

use std::ops::Range;

use super::eight::{self, Eight};
use super::pairs;
use super::product::Target;
use crate::tensors::{BLOCK, Packing};

/// Columns with a common scale.
pub const CHUNK: usize = 256;
/// The largest whole number: `CHUNK · LARGEST²` is just below 2³¹.
const LARGEST: f32 = 2895.0;
/// Weight rows that are multiplied together.
pub const WIDTH: usize = 32;

/// Rows as whole numbers, every chunk with a scale.
pub struct Quantised {
    /// `[rows, chunks, CHUNK]`, the last chunk filled up with zeros.
    values: Vec<i16>,
    /// `[rows, chunks]`.
    scales: Vec<f32>,
    chunks: usize,
}

impl Quantised {
    /// Rows of `k` values. A chunk with a value that is not finite has a scale that is not, so that it shows in
    /// what is computed with it.
    pub fn of(x: &[f32], k: usize) -> Self {
        let chunks = k.div_ceil(CHUNK);
        let rows = x.len() / k;
        let mut values = vec![0; rows * chunks * CHUNK];
        let mut scales = vec![0.0; rows * chunks];
        for (row, x) in x.chunks_exact(k).enumerate() {
            for (chunk, x) in x.chunks(CHUNK).enumerate() {
                let at = row * chunks + chunk;
                scales[at] = round(x, &mut values[at * CHUNK..][..x.len()]);
            }
        }
        Self {
            values,
            scales,
            chunks,
        }
    }

    /// How many rows there are.
    #[cfg(test)]
    pub fn rows(&self) -> usize {
        self.scales.len() / self.chunks.max(1)
    }

    /// A chunk of a row, and its scale.
    fn chunk(&self, row: usize, chunk: usize) -> (&[i16; CHUNK], f32) {
        let at = row * self.chunks + chunk;
        let (chunks, _) = self.values.as_chunks();
        (&chunks[at], self.scales[at])
    }
}

/// Rounds values to whole numbers, and gives their scale.
fn round(x: &[f32], out: &mut [i16]) -> f32 {
    let most = x.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    // Zero, or NaN if one of them is not finite.
    let poison: f32 = x.iter().map(|x| x * 0.0).sum();
    let inverse = if most > 0.0 { LARGEST / most } else { 0.0 };
    for (out, x) in out.iter_mut().zip(x) {
        *out = nearest(x * inverse) as i16;
    }
    most / LARGEST + poison
}

/// The nearest whole number, the even one of two, of a value below 2²²: what is added leaves no bits for a
/// fraction.
#[inline(always)]
fn nearest(x: f32) -> i32 {
    const SHIFT: f32 = 12_582_912.0;
    (x + SHIFT).to_bits() as i32 - SHIFT.to_bits() as i32
}

/// A weight as it is stored.
#[derive(Clone, Copy)]
pub struct Stored<'a> {
    pub packing: Packing,
    /// Values of a row.
    pub width: usize,
    pub words: &'a [u32],
    pub scales: &'a [u32],
}

/// One chunk of up to [`WIDTH`] weight rows, ready to be multiplied.
pub struct Panel {
    values: Box<pairs::Panel>,
    scales: [f32; WIDTH],
    /// Values of a row in whole blocks.
    filled: usize,
}

impl Default for Panel {
    fn default() -> Self {
        Self {
            values: Box::new([[[0; 2]; WIDTH]; CHUNK / 2]),
            scales: [0.0; WIDTH],
            filled: 0,
        }
    }
}

/// Blocks of a stored weight in a chunk.
const BLOCKS: usize = CHUNK / BLOCK;

impl Panel {
    /// Reads a chunk of the rows from `first` on; those from `count` on mean nothing.
    pub fn read(&mut self, weight: Stored, first: usize, count: usize, chunk: usize) {
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx2")]
            fn with_avx2(
                panel: &mut Panel,
                weight: Stored,
                first: usize,
                count: usize,
                chunk: usize,
            ) {
                // SAFETY: this runs where there is AVX2 alone.
                unsafe { panel.read_as::<eight::Avx2>(weight, first, count, chunk) }
            }
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has just been found to have it.
                return unsafe { with_avx2(self, weight, first, count, chunk) };
            }
        }
        // SAFETY: pages are not started where SIMD is missing, and the portable form needs nothing.
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        unsafe {
            self.read_as::<eight::Simd128>(weight, first, count, chunk);
        }
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        unsafe {
            self.read_as::<eight::Portable>(weight, first, count, chunk);
        }
    }

    /// # Safety
    /// The processor has what `E` needs.
    #[inline(always)]
    unsafe fn read_as<E: Eight>(
        &mut self,
        weight: Stored,
        first: usize,
        count: usize,
        chunk: usize,
    ) {
        let all = weight.width.div_ceil(BLOCK);
        let blocks = BLOCKS.min(all - chunk * BLOCKS);
        self.filled = blocks * BLOCK;
        self.scales = [0.0; WIDTH];
        for row in (0..count).step_by(4) {
            // What is not there is the last row again.
            let places = std::array::from_fn(|i| first + (row + i).min(count - 1));
            // SAFETY: promised by the caller.
            let scales = unsafe {
                match weight.packing {
                    Packing::Q8 => self.read_rows::<E, 8>(weight, places, chunk, row, blocks),
                    Packing::Q4 => self.read_rows::<E, 4>(weight, places, chunk, row, blocks),
                    Packing::F16 => unreachable!("f16 weights are multiplied as floats"),
                }
            };
            let there = (count - row).min(4);
            self.scales[row..row + there].copy_from_slice(&scales[..there]);
        }
    }

    /// Four rows of `BITS` bits a value become the rows of the panel from `row` on. Gives their scales.
    ///
    /// A value is its whole number × its block's scale. With the largest block's scale × 2^(BITS − 1) standing
    /// for [`LARGEST`], that is the number, shifted to the top of 16 bits, times a factor of the block, of which the
    /// upper 16 bits are kept.
    ///
    /// # Safety
    /// The processor has what `E` needs.
    #[inline(always)]
    unsafe fn read_rows<E: Eight, const BITS: usize>(
        &mut self,
        weight: Stored,
        rows: [usize; 4],
        chunk: usize,
        row: usize,
        blocks: usize,
    ) -> [f32; 4] {
        let per_block = BLOCK * BITS / 32;
        let words = rows.map(|row| {
            let from =
                row * weight.packing.words_per_row(weight.width) + chunk * BLOCKS * per_block;
            &weight.words[from..][..blocks * per_block]
        });
        let factors = rows.map(|row| {
            let from = row * weight.packing.scale_words_per_row(weight.width) + chunk * BLOCKS / 2;
            factors(&weight.scales[from..][..blocks.div_ceil(2)])
        });
        for block in 0..blocks {
            let words = words.map(|words| &words[block * per_block..][..per_block]);
            let factors = factors.map(|(factors, _)| factors[block]);
            for eighth in 0..BLOCK / 8 {
                // SAFETY: promised by the caller; a block has four times eight values.
                unsafe {
                    let values = std::array::from_fn(|i| {
                        let top = if BITS == 8 {
                            E::bytes(words[i].as_ptr().add(2 * eighth))
                        } else {
                            E::nibbles(words[i][eighth])
                        };
                        top.scaled(factors[i])
                    });
                    E::put(values, &mut self.values, row, block * BLOCK + 8 * eighth);
                }
            }
        }
        factors.map(|(_, most)| most * (1 << (BITS - 1)) as f32 / LARGEST)
    }

    /// The products of the panel's rows with a chunk of some of `x` become the first `columns` values of those rows
    /// of `out`, or are added to them.
    ///
    /// # Safety
    /// Nobody else may use these values meanwhile.
    pub unsafe fn multiply(
        &self,
        x: &Quantised,
        lines: Range<usize>,
        chunk: usize,
        out: Target,
        columns: usize,
        accumulate: bool,
    ) {
        let mut row = lines.start;
        while row < lines.end {
            let rows = (lines.end - row).min(pairs::ROWS);
            let values = std::array::from_fn(|i| x.chunk(row + i.min(rows - 1), chunk).0);
            let sums = pairs::products(values, &self.values, self.filled);
            for (i, sums) in sums[..rows].iter().enumerate() {
                let (_, scale) = x.chunk(row + i, chunk);
                // SAFETY: promised by the caller.
                let out = unsafe { out.row(row + i, columns) };
                let mut part = [0.0; WIDTH];
                for ((part, &sum), &of_weight) in part.iter_mut().zip(sums).zip(&self.scales) {
                    *part = sum as f32 * (scale * of_weight);
                }
                if accumulate {
                    out.iter_mut()
                        .zip(part)
                        .for_each(|(out, part)| *out += part);
                } else {
                    out.copy_from_slice(&part[..columns]);
                }
            }
            row += rows;
        }
    }
}

/// The f16 in the low 16 bits; NaN if it is not finite. Without the branches and tables of a general conversion.
#[inline(always)]
fn float(bits: u32) -> f32 {
    /// Between the exponents of an f32 and of an f16.
    const SHIFT: f32 = f32::from_bits((127 + 127 - 15) << 23);
    let magnitude = f32::from_bits((bits & 0x7fff) << 13) * SHIFT;
    let value = f32::from_bits(magnitude.to_bits() | (bits & 0x8000) << 16);
    if bits & 0x7c00 == 0x7c00 {
        f32::NAN
    } else {
        value
    }
}

/// What a row's blocks are multiplied by, for the scales of a chunk; and the largest of these, or NaN if one is not
/// finite.
#[inline(always)]
fn factors(scales: &[u32]) -> ([i16; BLOCKS], f32) {
    let mut blocks = [0.0_f32; BLOCKS];
    for (block, scale) in blocks.iter_mut().enumerate().take(2 * scales.len()) {
        *scale = float(scales[block / 2] >> (16 * (block % 2)));
    }
    let most = blocks
        .iter()
        .fold(0.0_f32, |most, scale| most.max(scale.abs()));
    let poison: f32 = blocks.iter().map(|scale| scale * 0.0).sum();
    let inverse = if most > 0.0 { LARGEST / most } else { 0.0 };
    let factors = blocks.map(|scale| nearest(scale * inverse) as i16);
    (factors, most + poison)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensors::Dtype;
    use crate::tensors::quantize::pack_rows;

    #[test]
    fn every_f16() {
        for bits in 0..=u16::MAX {
            let (float, expected) = (float(u32::from(bits)), half::f16::from_bits(bits).to_f32());
            assert!(
                float == expected || float.is_nan() && !expected.is_finite(),
                "{bits:x}"
            );
        }
    }

    fn numbers(count: usize, salt: usize) -> Vec<f32> {
        (0..count)
            .map(|i| ((i * 7919 + salt) % 1009) as f32 / 500.0 - 1.0)
            .collect()
    }

    /// The weight, and the floats that it stands for.
    fn weight(dtype: Dtype, rows: usize, k: usize) -> (Packing, Vec<u32>, Vec<u32>, Vec<f32>) {
        let packed = pack_rows(dtype, "weight", k, &numbers(rows * k, 3)).unwrap();
        let packing = if dtype == Dtype::Q8 {
            Packing::Q8
        } else {
            Packing::Q4
        };
        let (w, s) = (packing.words_per_row(k), packing.scale_words_per_row(k));
        let mut floats = vec![0.0; rows * k];
        for (row, out) in floats.chunks_mut(k).enumerate() {
            packing.unpack_row(
                &packed.words[row * w..][..w],
                &packed.scales[row * s..][..s],
                out,
            );
        }
        (packing, packed.words, packed.scales, floats)
    }

    fn product(x: &[f32], dtype: Dtype, n: usize, k: usize) -> (Vec<f32>, Vec<f32>) {
        let (packing, words, scales, floats) = weight(dtype, n, k);
        let stored = Stored {
            packing,
            width: k,
            words: &words,
            scales: &scales,
        };
        let quantised = Quantised::of(x, k);
        let mut out = vec![7.0; quantised.rows() * n];
        let mut panel = Panel::default();
        for first in (0..n).step_by(WIDTH) {
            for chunk in 0..k.div_ceil(CHUNK) {
                let count = WIDTH.min(n - first);
                panel.read(stored, first, count, chunk);
                let target = Target::new(&mut out, n).from(0, first);
                // SAFETY: nobody else uses them.
                unsafe {
                    panel.multiply(
                        &quantised,
                        0..quantised.rows(),
                        chunk,
                        target,
                        count,
                        chunk > 0,
                    )
                };
            }
        }
        (out, floats)
    }

    #[test]
    fn products_of_all_remainders() {
        for dtype in [Dtype::Q8, Dtype::Q4] {
            for [m, n, k] in [
                [1, 1, 32],
                [4, 16, 256],
                [5, 33, 300],
                [9, 7, 770],
                [3, 20, 31],
            ] {
                let x = numbers(m * k, 11);
                let (out, floats) = product(&x, dtype, n, k);
                for (row, x) in x.chunks(k).enumerate() {
                    for (column, w) in floats.chunks(k).enumerate() {
                        // Both sides reach 1, so a step is 1/2895 of it, and an eighth more with q4.
                        let steps: f32 = x.iter().zip(w).map(|(x, w)| x.abs() + w.abs()).sum();
                        let most = f64::from(steps) * 0.5 * 1.15 / 2895.0 + 1e-5;
                        let sum: f64 = x.iter().zip(w).map(|(x, w)| f64::from(x * w)).sum();
                        let off = (f64::from(out[row * n + column]) - sum).abs();
                        assert!(off <= most, "{m} {n} {k}: {off} > {most}");
                    }
                }
            }
        }
    }

    /// On a processor without AVX2 this compares one with itself.
    #[test]
    fn panels_are_the_same_on_every_processor() {
        for dtype in [Dtype::Q8, Dtype::Q4] {
            let (packing, words, scales, _) = weight(dtype, 37, 500);
            let stored = Stored {
                packing,
                width: 500,
                words: &words,
                scales: &scales,
            };
            let (mut panel, mut portable) = (Panel::default(), Panel::default());
            for (first, count) in [(0, 32), (32, 5)] {
                for chunk in 0..2 {
                    panel.read(stored, first, count, chunk);
                    // SAFETY: the portable form needs nothing.
                    unsafe { portable.read_as::<eight::Portable>(stored, first, count, chunk) };
                    assert_eq!(panel.filled, portable.filled);
                    assert_eq!(panel.values, portable.values);
                    assert_eq!(panel.scales, portable.scales);
                }
            }
        }
    }

    #[test]
    fn what_is_not_finite_shows() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut x = numbers(2 * 300, 5);
            x[299] = bad;
            let (out, _) = product(&x, Dtype::Q8, 3, 300);
            assert!(out[..3].iter().all(|y| !y.is_finite()), "{bad}: {out:?}");
            assert!(out[3..].iter().all(|y| y.is_finite()), "{bad}: {out:?}");
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let x = vec![1.0; 256];
        let (packing, words, scales, _) = weight(Dtype::Q8, 1, 256);
        let mut panel = Panel::default();
        let stored = Stored {
            packing,
            width: 256,
            words: &vec![0x8080_8080; words.len()],
            scales: &vec![0x3c00_3c00; scales.len()],
        };
        panel.read(stored, 0, 1, 0);
        let mut out = [0.0];
        // SAFETY: nobody else uses it.
        unsafe {
            panel.multiply(
                &Quantised::of(&x, 256),
                0..1,
                0,
                Target::new(&mut out, 1),
                1,
                false,
            )
        };
        assert!((out[0] / -32768.0 - 1.0).abs() < 1e-6, "{out:?}");
    }
}
