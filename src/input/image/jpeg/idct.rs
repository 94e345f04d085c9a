//! The inverse cosine transform of JPEG blocks, in integers.
//!
//! The factorisation is that of C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT
//! algorithms with 11 multiplications" (ICASSP 1989), with 13 bits of fraction, and 2 bits kept
//! between the columns' and the rows' pass. These are the accuracies of libjpeg's default
//! transform, so the samples are the same as its.

use std::num::Wrapping;

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

/// Transforms `block` (coefficients in rows, not zigzag) after multiplying it by `quantisation`,
/// and writes its 8 × 8 samples to the start of `plane`, whose rows are `stride` apart.
pub(super) fn write_block(
    block: &[i16; 64],
    quantisation: &[u16; 64],
    plane: &mut [u8],
    stride: usize,
) {
    let at = |i: usize| Wrapping(i32::from(block[i])) * Wrapping(i32::from(quantisation[i]));
    if block[1..].iter().all(|&c| c == 0) {
        let flat = sample(descale(at(0), 3));
        for row in plane.chunks_mut(stride).take(8) {
            row[..8].fill(flat);
        }
        return;
    }
    let mut between = [[Wrapping(0); 8]; 8];
    for x in 0..8 {
        if (1..8).all(|y| block[y * 8 + x] == 0) {
            let flat = at(x) << BETWEEN;
            between.iter_mut().for_each(|row| row[x] = flat);
            continue;
        }
        let column = transform(std::array::from_fn(|y| at(y * 8 + x)));
        for (row, value) in between.iter_mut().zip(column) {
            row[x] = descale(value, FRACTION - BETWEEN);
        }
    }
    for (row, values) in plane.chunks_mut(stride).zip(between) {
        let values = transform(values);
        for (out, value) in row[..8].iter_mut().zip(values) {
            *out = sample(descale(value, FRACTION + BETWEEN + 3));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The transform by its definition (T.81 A.3.3).
    fn exact(block: &[i16; 64]) -> [f64; 64] {
        std::array::from_fn(|i| {
            let (x, y) = ((i % 8) as f64, (i / 8) as f64);
            let term = |k: usize| {
                let (u, v) = ((k % 8) as f64, (k / 8) as f64);
                let scale = |w: f64| if w == 0.0 { 0.5_f64.sqrt() } else { 1.0 };
                let wave =
                    |a: f64, w: f64| ((2.0 * a + 1.0) * w * std::f64::consts::PI / 16.0).cos();
                scale(u) * scale(v) * f64::from(block[k]) * wave(x, u) * wave(y, v)
            };
            (0..64).map(term).sum::<f64>() / 4.0 + 128.0
        })
    }

    #[test]
    fn samples_are_those_of_the_definition() {
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
            let mut plane = [0; 64];
            write_block(&block, &[1; 64], &mut plane, 8);
            for (i, (got, want)) in plane.iter().zip(exact(&block)).enumerate() {
                let off = (f64::from(*got) - want.clamp(0.0, 255.0)).abs();
                assert!(off < 0.6, "round {round}, sample {i}: {got}, not {want}");
            }
        }
    }

    #[test]
    fn absurd_coefficients_do_not_stop_the_program() {
        let mut plane = [0; 64];
        write_block(&[i16::MIN; 64], &[u16::MAX; 64], &mut plane, 8);
    }
}
