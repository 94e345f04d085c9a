//! Packing the rows of a matrix as f16, q8 or q4, and back.
//!
//! The layout is docs/format.md's: rows of `u32` words, values from the low bits up; q8 and q4 in
//! blocks of 32 along a row, value = integer × scale, the scale an f16. A scale is chosen to minimise
//! the block's squared error: a grid of candidates around the one that maps the largest value to
//! the range's end, each refitted once by least squares, all rounded to f16 *before* the integers
//! are chosen. For q4 both signs are tried, so that the largest value can use the −8 that a
//! symmetric range lacks.

use half::f16;

use super::dtype::Dtype;
use super::packing::{BLOCK, Packing};
use crate::{Code, Error, Result};

/// Divisors of a block's largest value that make q8's candidate scales.
const Q8_DIVISORS: &[f32] = &[127.0, 127.5, 128.0, 126.5, 126.0, 125.0, 123.0];

/// Divisors of a block's largest value that make q4's candidate scales. Beyond 8 the largest value
/// is cut for the others' sake; negative ones map it to the negative side.
const Q4_DIVISORS: &[f32] = &[
    7.0, -8.0, -7.75, -7.5, -7.25, -7.0, -6.75, -6.5, -6.0, -5.5, -5.0, -8.25, -8.5, -8.75, -9.0,
    -9.5, -10.0, -10.5, -11.0, 5.0, 5.5, 6.0, 6.25, 6.5, 6.75, 7.25, 7.5, 7.75, 8.0, 8.5, 9.0,
];

/// Packed rows of a matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packed {
    /// The values, [`words_per_row`] to a row.
    pub words: Vec<u32>,
    /// The scales, [`scale_words`] to a row; empty for f32 and f16.
    pub scales: Vec<u32>,
}

/// How values of this type lie in words; `None` for floats, which are words themselves.
fn packing(dtype: Dtype) -> Option<Packing> {
    match dtype {
        Dtype::F32 => None,
        Dtype::F16 => Some(Packing::F16),
        Dtype::Q8 => Some(Packing::Q8),
        Dtype::Q4 => Some(Packing::Q4),
    }
}

/// Words that a row of `k` values takes.
pub fn words_per_row(dtype: Dtype, k: usize) -> usize {
    packing(dtype).map_or(k, |packing| packing.words_per_row(k))
}

/// Words that the scales of a quantised row of `k` values take: two f16 in each.
pub fn scale_words(k: usize) -> usize {
    Packing::Q8.scale_words_per_row(k)
}

/// Whether values of this type come with scales.
pub fn has_scales(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::Q8 | Dtype::Q4)
}

/// Packs `values`, rows of `k`. `name` is for errors.
///
/// # Errors
/// [`Code::PackageNotFinite`] if a value is NaN or infinite, or too large for f16 (or for an f16
/// scale), [`Code::Internal`] if `values` are not whole rows.
pub fn pack_rows(dtype: Dtype, name: &str, k: usize, values: &[f32]) -> Result<Packed> {
    if k == 0 || !values.len().is_multiple_of(k) {
        let why = format!("{} values are no rows of {k}", values.len());
        return Err(Error::new(Code::Internal, name, why));
    }
    if let Some(at) = values.iter().position(|v| !v.is_finite()) {
        return Err(Error::new(
            Code::PackageNotFinite,
            name,
            format!("value {at} is {}; a weight must be finite", values[at]),
        ));
    }
    let (words, scales) = (words_per_row(dtype, k), scale_words(k));
    let rows = values.len() / k;
    let mut packed = Packed {
        words: vec![0; rows * words],
        scales: vec![0; if has_scales(dtype) { rows * scales } else { 0 }],
    };
    let done = in_parallel(
        rows,
        rows * k,
        |each| {
            let mut parts = Vec::new();
            let (mut w, mut s) = (&mut packed.words[..], &mut packed.scales[..]);
            for part in values.chunks(each * k) {
                let n = part.len() / k;
                let (head, rest) = w.split_at_mut(n * words);
                w = rest;
                let (scale_head, rest) = s.split_at_mut(if s.is_empty() { 0 } else { n * scales });
                s = rest;
                parts.push((part, head, scale_head));
            }
            parts
        },
        |(part, words_out, scales_out)| {
            let mut scales_rows = scales_out.chunks_mut(scales);
            part.chunks(k)
                .zip(words_out.chunks_mut(words))
                .all(|(row, out)| pack_row(dtype, row, out, scales_rows.next().unwrap_or_default()))
        },
    );
    if done {
        Ok(packed)
    } else {
        Err(Error::new(
            Code::PackageNotFinite,
            name,
            "has values too large for f16; store it as f32",
        ))
    }
}

/// Unpacks rows of `k` values.
///
/// # Errors
/// [`Code::PackageTensor`] if words and scales are not those of whole rows.
pub fn unpack_rows(dtype: Dtype, name: &str, k: usize, packed: &Packed) -> Result<Vec<f32>> {
    let words = words_per_row(dtype, k);
    let rows = packed.words.len().checked_div(words).unwrap_or(0);
    let scales = if has_scales(dtype) { scale_words(k) } else { 0 };
    if packed.words.len() != rows * words || packed.scales.len() != rows * scales {
        let why = "words and scales are not those of whole rows";
        return Err(Error::new(Code::PackageTensor, name, why));
    }
    let mut values = vec![0.0; rows * k];
    for (i, row) in values.chunks_mut(k.max(1)).enumerate() {
        unpack_row(
            dtype,
            &packed.words[i * words..][..words],
            &packed.scales[i * scales..][..scales],
            row,
        );
    }
    Ok(values)
}

/// Unpacks one row into `out`; `words` and `scales` must be at least a row's.
pub fn unpack_row(dtype: Dtype, words: &[u32], scales: &[u32], out: &mut [f32]) {
    match packing(dtype) {
        Some(packing) => packing.unpack_row(words, scales, out),
        None => out.copy_from_slice(bytemuck::cast_slice(&words[..out.len()])),
    }
}

/// Packs one row; false if a value or scale overflows f16.
fn pack_row(dtype: Dtype, row: &[f32], words: &mut [u32], scales: &mut [u32]) -> bool {
    match dtype {
        Dtype::F32 => {
            for (word, value) in words.iter_mut().zip(row) {
                *word = value.to_bits();
            }
            true
        }
        Dtype::F16 => row.iter().enumerate().all(|(j, &value)| {
            let half = f16::from_f32(value);
            words[j / 2] |= u32::from(half.to_bits()) << (j % 2 * 16);
            half.is_finite()
        }),
        Dtype::Q8 | Dtype::Q4 => row.chunks(BLOCK).enumerate().all(|(b, values)| {
            let mut block = [0.0; BLOCK];
            block[..values.len()].copy_from_slice(values);
            let range = if dtype == Dtype::Q8 { &Q8 } else { &Q4 };
            let Some(scale) = range.best_scale(&block) else {
                return false;
            };
            scales[b / 2] |= u32::from(f16::from_f32(scale).to_bits()) << (b % 2 * 16);
            let bits = range.bits;
            let per_word = 32 / bits;
            let out = &mut words[b * BLOCK / per_word..][..BLOCK / per_word];
            for (j, q) in range.integers(&block, scale).into_iter().enumerate() {
                let stored = (q + range.bias) as u32 & ((1 << bits) - 1);
                out[j / per_word] |= stored << (j % per_word * bits);
            }
            true
        }),
    }
}

/// A range of integers and the candidates of its scales.
struct Range {
    low: f32,
    high: f32,
    bits: usize,
    /// What is added to an integer when it is stored.
    bias: i32,
    divisors: &'static [f32],
}

const Q8: Range = Range {
    low: -127.0,
    high: 127.0,
    bits: 8,
    bias: 0,
    divisors: Q8_DIVISORS,
};

const Q4: Range = Range {
    low: -8.0,
    high: 7.0,
    bits: 4,
    bias: 8,
    divisors: Q4_DIVISORS,
};

/// Independent sums, so that the compiler may use vector instructions.
const LANES: usize = 8;

impl Range {
    /// The f16 scale with the least squared error, or `None` if none is finite.
    fn best_scale(&self, block: &[f32; BLOCK]) -> Option<f32> {
        let largest = block
            .iter()
            .fold(0.0_f32, |m, &v| if v.abs() > m.abs() { v } else { m });
        if largest == 0.0 {
            return Some(0.0);
        }
        let mut best: Option<(f32, f32)> = None;
        let mut keep = |scale: f32, error: f32| {
            if best.is_none_or(|(_, least)| error < least) {
                best = Some((scale, error));
            }
        };
        for divisor in self.divisors {
            let first = f16::from_f32(largest / divisor).to_f32();
            if !first.is_finite() {
                continue;
            }
            let fit = self.fit(block, first);
            keep(first, fit.error);
            let refit = f16::from_f32(fit.least_squares).to_f32();
            if refit.is_finite() && refit != first {
                keep(refit, self.fit(block, refit).error);
            }
        }
        best.map(|(scale, _)| scale)
    }

    /// The error at a scale, and the scale that would suit the same integers best.
    fn fit(&self, block: &[f32; BLOCK], scale: f32) -> Fit {
        let inverse = inverse(scale);
        let (mut error, mut xq, mut qq) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for x in block.as_chunks::<LANES>().0 {
            for i in 0..LANES {
                let q = self.integer(x[i], inverse);
                let e = x[i] - q * scale;
                error[i] += e * e;
                xq[i] += x[i] * q;
                qq[i] += q * q;
            }
        }
        let sum = |lanes: [f32; LANES]| lanes.iter().sum::<f32>();
        let (error, xq, qq) = (sum(error), sum(xq), sum(qq));
        Fit {
            error,
            least_squares: if qq > 0.0 { xq / qq } else { 0.0 },
        }
    }

    /// The nearest integer of the range. Adding and taking away 1.5·2²³ rounds to even without a
    /// call into the maths library.
    #[inline]
    fn integer(&self, x: f32, inverse: f32) -> f32 {
        const ROUND: f32 = 12_582_912.0;
        ((x * inverse).clamp(self.low, self.high) + ROUND) - ROUND
    }

    fn integers(&self, block: &[f32; BLOCK], scale: f32) -> [i32; BLOCK] {
        let inverse = inverse(scale);
        block.map(|x| self.integer(x, inverse) as i32)
    }
}

struct Fit {
    error: f32,
    least_squares: f32,
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

/// Splits `rows` of `work` values over the machine's cores with `split(rows of a part)`, runs `run`
/// on every part, and says whether all succeeded. Parts do not depend on each other, so the result does
/// not depend on their number.
fn in_parallel<T: Send>(
    rows: usize,
    work: usize,
    split: impl FnOnce(usize) -> Vec<T>,
    run: impl Fn(T) -> bool + Sync,
) -> bool {
    #[cfg(not(target_family = "wasm"))]
    if work > 1 << 18 {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
        let parts = split(rows.div_ceil(cores).max(1));
        return std::thread::scope(|scope| {
            let threads: Vec<_> = parts
                .into_iter()
                .map(|part| scope.spawn(|| run(part)))
                .collect();
            threads
                .into_iter()
                .all(|thread| thread.join().unwrap_or(false))
        });
    }
    let _ = work;
    split(rows.max(1)).into_iter().all(run)
}

#[cfg(test)]
mod tests;
