//! The inverse cosine transform of JPEG blocks, in integers.
//!
//! The factorisation is that of C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT
//! algorithms with 11 multiplications" (ICASSP 1989), with 13 bits of fraction, and 2 bits kept
//! between the columns' and the rows' pass. These are the accuracies of libjpeg's default
//! transform, so the samples are the same as its.
//!
//! For scaled decoding the lowest 4 or 2 frequencies of a row or column, or the mean alone, are
//! transformed with the transform of that length.

use std::num::Wrapping;

use super::scan::ZIGZAG;

/// Bits of fraction of the constants.
const FRACTION: usize = 13;
/// Bits of fraction kept between the passes.
const BETWEEN: usize = 2;

/// Wraps only for coefficients that no picture has.
type Int = Wrapping<i32>;

/// A constant with [`FRACTION`] bits.
const fn fixed(x: f64) -> Int {
    Wrapping((x * (1 << FRACTION) as f64 + 0.5) as i32)
}

/// Eight values of one row or column, transformed; scaled by `2^FRACTION` and not yet rounded.
#[inline]
fn transform(v: [Int; 8]) -> [Int; 8] {
    // Even part.
    let z1 = (v[2] + v[6]) * fixed(0.541196100);
    let t2 = z1 - v[6] * fixed(1.847759065);
    let t3 = z1 + v[2] * fixed(0.765366865);
    let t0 = (v[0] + v[4]) << FRACTION;
    let t1 = (v[0] - v[4]) << FRACTION;
    let (e0, e3) = (t0 + t3, t0 - t3);
    let (e1, e2) = (t1 + t2, t1 - t2);

    // Odd part.
    let z1 = (v[7] + v[1]) * fixed(0.899976223);
    let z2 = (v[5] + v[3]) * fixed(2.562915447);
    let z3 = v[7] + v[3];
    let z4 = v[5] + v[1];
    let z5 = (z3 + z4) * fixed(1.175875602);
    let z3 = z5 - z3 * fixed(1.961570560);
    let z4 = z5 - z4 * fixed(0.390180644);
    let o0 = v[7] * fixed(0.298631336) - z1 + z3;
    let o1 = v[5] * fixed(2.053119869) - z2 + z4;
    let o2 = v[3] * fixed(3.072711026) - z2 + z3;
    let o3 = v[1] * fixed(1.501321110) - z1 + z4;
    [
        e0 + o3,
        e1 + o2,
        e2 + o1,
        e3 + o0,
        e3 - o0,
        e2 - o1,
        e1 - o2,
        e0 - o3,
    ]
}

/// `x / 2^bits`, rounded.
#[inline]
fn descale(x: Int, bits: usize) -> Int {
    (x + Wrapping(1 << (bits - 1))) >> bits
}

/// A sample from the transform's value.
#[inline]
fn sample(x: Int) -> u8 {
    (x.0.saturating_add(128)).clamp(0, 255) as u8
}

/// Four values from the four lowest frequencies, as [`transform`].
#[inline]
fn transform_4(v: [Int; 4]) -> [Int; 4] {
    let (e0, e1) = ((v[0] + v[2]) << FRACTION, (v[0] - v[2]) << FRACTION);
    let z1 = (v[1] + v[3]) * fixed(0.541196100);
    let o0 = z1 + v[1] * fixed(0.765366865);
    let o1 = z1 - v[3] * fixed(1.847759065);
    [e0 + o0, e1 + o1, e1 - o1, e0 - o0]
}

/// `n` (8, 4, 2 or 1) values at the start of `v`, as [`transform`].
#[inline(always)]
fn transform_first(n: usize, v: [Int; 8]) -> [Int; 8] {
    let none = Wrapping(0);
    match n {
        8 => transform(v),
        4 => {
            let [a, b, c, d] = transform_4([v[0], v[1], v[2], v[3]]);
            [a, b, c, d, none, none, none, none]
        }
        _ => {
            let other = if n == 2 { v[1] } else { none };
            let (a, b) = ((v[0] + other) << FRACTION, (v[0] - other) << FRACTION);
            [a, b, none, none, none, none, none, none]
        }
    }
}

/// How many coefficients of `block`, in zigzag order, end with the last that is not zero; at
/// least 1.
pub(super) fn coded(block: &[i16; 64]) -> usize {
    let last = ZIGZAG
        .iter()
        .rposition(|&place| block[usize::from(place)] != 0);
    last.map_or(1, |last| last + 1)
}

/// Transforms `block` (coefficients in rows, not zigzag) after multiplying it by `quantisation`,
/// and writes its samples, `size` across and down (each 8, 4, 2 or 1), to the start of `plane`,
/// whose rows are `stride` apart.
///
/// Coefficients from `coded` on, in zigzag order, are zero or are not used.
#[inline(always)]
pub(super) fn write_block(
    block: &[i16; 64],
    coded: usize,
    quantisation: &[u16; 64],
    plane: &mut [u8],
    stride: usize,
    size: (u32, u32),
) {
    if coded <= 1 {
        let (width, height) = (size.0 as usize, size.1 as usize);
        let flat = sample(descale(dequantised(block, quantisation, 0), 3));
        for row in plane.chunks_mut(stride).take(height) {
            row[..width].fill(flat);
        }
        return;
    }
    match (size.0 as usize, size.1 as usize) {
        (8, 8) if coded <= 10 => write_low(block, quantisation, plane, stride),
        (8, 8) => write_any(block, quantisation, plane, stride, (8, 8)),
        (4, 4) => write_any(block, quantisation, plane, stride, (4, 4)),
        (2, 2) => write_any(block, quantisation, plane, stride, (2, 2)),
        size => write_uneven(block, quantisation, plane, stride, size),
    }
}

/// A block whose first ten coefficients alone are not zero: its columns and rows are made of the
/// lowest four frequencies.
fn write_low(block: &[i16; 64], quantisation: &[u16; 64], plane: &mut [u8], stride: usize) {
    let none = Wrapping(0);
    let mut between = [[none; 4]; 8];
    for x in 0..4 {
        let at = |y: usize| dequantised(block, quantisation, y * 8 + x);
        let column = transform([at(0), at(1), at(2), at(3), none, none, none, none]);
        for (row, value) in between.iter_mut().zip(column) {
            row[x] = descale(value, FRACTION - BETWEEN);
        }
    }
    for (row, [a, b, c, d]) in plane.chunks_mut(stride).zip(between) {
        let values = transform([a, b, c, d, none, none, none, none]);
        for (out, value) in row[..8].iter_mut().zip(values) {
            *out = sample(descale(value, FRACTION + BETWEEN + 3));
        }
    }
}

/// A block of unequal sides, which few files have.
#[inline(never)]
fn write_uneven(
    block: &[i16; 64],
    quantisation: &[u16; 64],
    plane: &mut [u8],
    stride: usize,
    size: (usize, usize),
) {
    write_any(block, quantisation, plane, stride, size);
}

/// Transforms columns, then rows. Compiled anew for every size that is given as constants.
#[inline(always)]
fn write_any(
    block: &[i16; 64],
    quantisation: &[u16; 64],
    plane: &mut [u8],
    stride: usize,
    (width, height): (usize, usize),
) {
    let mut between = [[Wrapping(0); 8]; 8];
    for x in 0..width {
        let at = |y: usize| dequantised(block, quantisation, y * 8 + x);
        if (1..height).all(|y| block[y * 8 + x] == 0) {
            let flat = at(0) << BETWEEN;
            between[..height].iter_mut().for_each(|row| row[x] = flat);
            continue;
        }
        let column = std::array::from_fn(|y| if y < height { at(y) } else { Wrapping(0) });
        let column = transform_first(height, column);
        for (row, value) in between[..height].iter_mut().zip(column) {
            row[x] = descale(value, FRACTION - BETWEEN);
        }
    }
    for (row, values) in plane.chunks_mut(stride).zip(&between[..height]) {
        let values = transform_first(width, *values);
        for (out, value) in row[..width].iter_mut().zip(values) {
            *out = sample(descale(value, FRACTION + BETWEEN + 3));
        }
    }
}

#[inline(always)]
fn dequantised(block: &[i16; 64], quantisation: &[u16; 64], place: usize) -> Int {
    Wrapping(i32::from(block[place])) * Wrapping(i32::from(quantisation[place]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of `width` × `height` by the transform's definition (T.81 A.3.3, of those lengths).
    fn exact(block: &[i16; 64], (width, height): (usize, usize)) -> Vec<f64> {
        let wave = |a: usize, w: usize, n: usize| {
            let scale = if w == 0 { 0.5_f64.sqrt() } else { 1.0 };
            let angle = (2 * a + 1) as f64 * w as f64 * std::f64::consts::PI / (2 * n) as f64;
            scale * angle.cos()
        };
        let at = |x: usize, y: usize| {
            let term = |k: usize| {
                let (u, v) = (k % 8, k / 8);
                match u < width && v < height {
                    true => f64::from(block[k]) * wave(x, u, width) * wave(y, v, height),
                    false => 0.0,
                }
            };
            (0..64).map(term).sum::<f64>() / 4.0 + 128.0
        };
        (0..width * height)
            .map(|i| at(i % width, i / width))
            .collect()
    }

    const SIDES: [usize; 4] = [8, 4, 2, 1];

    #[test]
    fn samples_are_those_of_the_definition_at_every_size() {
        let mut state = 7_u32;
        for round in 0..200 {
            let mut block = [0_i16; 64];
            for (i, c) in block.iter_mut().enumerate() {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Few coefficients, many, and flat blocks.
                if (state >> 16) % 8 < round % 9 {
                    *c = ((state >> 20) as i16 - 2048) / (4 + i as i16);
                }
            }
            // Low frequencies alone, every other time.
            if round % 2 == 1 {
                let low = &ZIGZAG[(state >> 8) as usize % 12..];
                low.iter().for_each(|&place| block[usize::from(place)] = 0);
            }
            for (width, height) in SIDES.iter().flat_map(|&w| SIDES.map(|h| (w, h))) {
                let mut plane = [0; 64];
                let size = (width as u32, height as u32);
                write_block(&block, coded(&block), &[1; 64], &mut plane, 8, size);
                let want = exact(&block, (width, height));
                for (i, want) in want.into_iter().enumerate() {
                    let got = plane[i / width * 8 + i % width];
                    let off = (f64::from(got) - want.clamp(0.0, 255.0)).abs();
                    assert!(
                        off < 0.6,
                        "round {round}, {size:?}, sample {i}: {got}, not {want}"
                    );
                }
            }
        }
    }

    #[test]
    fn absurd_coefficients_do_not_stop_the_program() {
        for size in SIDES
            .iter()
            .flat_map(|&w| SIDES.map(|h| (w as u32, h as u32)))
        {
            for coded in [1, 10, 64] {
                let block = [i16::MIN; 64];
                write_block(&block, coded, &[u16::MAX; 64], &mut [0; 64], 8, size);
            }
        }
    }
}
