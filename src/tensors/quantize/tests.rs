//! The layout against plain formulas, and the chosen scales against naive ones.

use super::*;

/// A small generator (SplitMix64), so that a failing case can be repeated from its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in −1..1.
    fn uniform(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Roughly normal, deviation 1.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform()).sum::<f32>() / 2.0
    }
}

const DTYPES: [Dtype; 4] = [Dtype::F32, Dtype::F16, Dtype::Q8, Dtype::Q4];

/// What docs/format.md says of the value at (row, column), read bit by bit.
fn formula(dtype: Dtype, k: usize, packed: &Packed, row: usize, column: usize) -> f32 {
    let half =
        |word: u32, high: bool| f16::from_bits((if high { word >> 16 } else { word }) as u16);
    let blocks = k.div_ceil(32);
    let scale = || {
        let place = row * blocks.next_multiple_of(2) + column / 32;
        half(packed.scales[place / 2], place % 2 == 1).to_f32()
    };
    match dtype {
        Dtype::F32 => f32::from_bits(packed.words[row * k + column]),
        Dtype::F16 => {
            let place = row * k.next_multiple_of(2) + column;
            half(packed.words[place / 2], place % 2 == 1).to_f32()
        }
        Dtype::Q8 => {
            let word = packed.words[row * blocks * 8 + column / 4];
            f32::from(word.to_le_bytes()[column % 4] as i8) * scale()
        }
        Dtype::Q4 => {
            let word = packed.words[row * blocks * 4 + column / 8];
            let stored = (word >> (column % 8 * 4)) % 16;
            (stored as f32 - 8.0) * scale()
        }
    }
}

#[test]
fn unpacking_agrees_with_the_formula_at_every_length() {
    let mut random = Random(1);
    for dtype in DTYPES {
        for k in [1, 2, 3, 7, 31, 32, 33, 63, 64, 65, 96, 127, 200] {
            let rows = 3;
            let values: Vec<f32> = (0..rows * k).map(|_| random.normal()).collect();
            let packed = pack_rows(dtype, "w", k, &values).unwrap();
            assert_eq!(packed.words.len(), rows * words_per_row(dtype, k));
            let scales = if has_scales(dtype) {
                rows * scale_words(k)
            } else {
                0
            };
            assert_eq!(packed.scales.len(), scales);
            let unpacked = unpack_rows(dtype, "w", k, &packed).unwrap();
            for (i, value) in unpacked.iter().enumerate() {
                let should = formula(dtype, k, &packed, i / k, i % k);
                assert_eq!(value.to_bits(), should.to_bits(), "{dtype:?} {k} {i}");
            }
        }
    }
}

#[test]
fn padding_is_zero() {
    // One value: 31 more in its block, and a second block's scale to make a word.
    let q8 = pack_rows(Dtype::Q8, "w", 1, &[1.0]).unwrap();
    assert_eq!(q8.words[1..], [0; 7]);
    assert_eq!(q8.words[0] >> 8, 0);
    assert_eq!(q8.scales[0] >> 16, 0);
    let q4 = pack_rows(Dtype::Q4, "w", 1, &[1.0]).unwrap();
    // A zero is stored as 8.
    assert_eq!(q4.words[0] >> 4, 0x0888_8888);
    assert_eq!(q4.words[1..], [0x8888_8888; 3]);
    assert_eq!(q4.scales[0] >> 16, 0);
    let f16 = pack_rows(Dtype::F16, "w", 1, &[1.0]).unwrap();
    assert_eq!(f16.words, [0x3c00]);
}

#[test]
fn what_the_range_can_say_exactly_is_kept() {
    // Multiples of a quarter, all of q4's sixteen values, in both directions.
    for sign in [0.25, -0.25] {
        let values: Vec<f32> = (0..32).map(|i| (i % 16 - 8) as f32 * sign).collect();
        let packed = pack_rows(Dtype::Q4, "w", 32, &values).unwrap();
        assert_eq!(unpack_rows(Dtype::Q4, "w", 32, &packed).unwrap(), values);
    }
    let values: Vec<f32> = (0..64).map(|i| (i * 4 - 127) as f32 / 64.0).collect();
    let packed = pack_rows(Dtype::Q8, "w", 32, &values[..32]).unwrap();
    assert_eq!(
        unpack_rows(Dtype::Q8, "w", 32, &packed).unwrap(),
        values[..32]
    );
    let zeros = vec![0.0; 64];
    for dtype in DTYPES {
        let packed = pack_rows(dtype, "w", 32, &zeros).unwrap();
        assert_eq!(unpack_rows(dtype, "w", 32, &packed).unwrap(), zeros);
    }
}

/// Squared error of a block when its largest magnitude maps to `top`.
fn naive_error(block: &[f32], top: f32) -> f64 {
    let largest = block.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    let scale = f16::from_f32(largest / top).to_f32();
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    block
        .iter()
        .map(|v| {
            let q = (v * inverse).round().clamp(-top, top);
            f64::from(v - q * scale).powi(2)
        })
        .sum()
}

#[test]
fn the_searched_scale_is_never_worse_than_the_maximum_and_better_on_the_whole() {
    let mut random = Random(2);
    // The share of the naive error that may be left on normal weights.
    for (dtype, top, most) in [(Dtype::Q8, 127.0, 0.88), (Dtype::Q4, 7.0, 0.72)] {
        let (mut searched, mut naive) = (0.0, 0.0);
        for block_number in 0..2000 {
            let spread = (1 + block_number % 7) as f32 * 0.01;
            let outlier = if block_number % 5 == 0 { 4.0 } else { 1.0 };
            let mut block: Vec<f32> = (0..32).map(|_| random.normal() * spread).collect();
            block[block_number % 32] *= outlier;
            let packed = pack_rows(dtype, "w", 32, &block).unwrap();
            let back = unpack_rows(dtype, "w", 32, &packed).unwrap();
            let error: f64 = block
                .iter()
                .zip(&back)
                .map(|(a, b)| f64::from(a - b).powi(2))
                .sum();
            let plain = naive_error(&block, top);
            assert!(
                error <= plain * (1.0 + 1e-5),
                "{dtype:?}, block {block_number}: {error} above {plain}"
            );
            searched += error;
            naive += plain;
        }
        println!(
            "{dtype:?}: {:.3} of the error of plain scaling",
            searched / naive
        );
        assert!(searched < most * naive, "{dtype:?}: {searched} of {naive}");
    }
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let mut random = Random(3);
    let k = 1000;
    let values: Vec<f32> = (0..600 * k).map(|_| random.normal()).collect();
    for dtype in DTYPES {
        let whole = pack_rows(dtype, "w", k, &values).unwrap();
        let mut single = Packed::default();
        // One row is too little work to be shared out.
        for row in values.chunks(k) {
            let part = pack_rows(dtype, "w", k, row).unwrap();
            single.words.extend(part.words);
            single.scales.extend(part.scales);
        }
        assert!(whole == single, "{dtype:?}");
    }
}

#[test]
fn values_that_cannot_be_stored_are_refused_by_name() {
    for dtype in DTYPES {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let error = pack_rows(dtype, "text.norm", 2, &[1.0, bad]).unwrap_err();
            assert_eq!(error.code(), Code::PackageNotFinite);
            assert_eq!(error.subject(), "text.norm");
        }
    }
    for (dtype, large) in [
        (Dtype::F16, 7e4),
        (Dtype::Q8, 1e7),
        (Dtype::Q4, 1e6),
        (Dtype::Q4, f32::MAX),
    ] {
        let error = pack_rows(dtype, "w", 2, &[1.0, large]).unwrap_err();
        assert_eq!(error.code(), Code::PackageNotFinite, "{dtype:?} {large}");
    }
    assert!(pack_rows(Dtype::F32, "w", 2, &[1.0, f32::MAX]).is_ok());
    // Far too small for f16 is only imprecise.
    let packed = pack_rows(Dtype::Q4, "w", 2, &[1e-30, -1e-30]).unwrap();
    let back = unpack_rows(Dtype::Q4, "w", 2, &packed).unwrap();
    assert!(back.iter().all(|v| v.abs() < 1e-7));
    assert_eq!(
        pack_rows(Dtype::Q8, "w", 3, &[1.0; 4]).unwrap_err().code(),
        Code::Internal
    );
    assert_eq!(
        unpack_rows(
            Dtype::Q8,
            "w",
            32,
            &Packed {
                words: vec![0; 7],
                scales: vec![0]
            }
        )
        .unwrap_err()
        .code(),
        Code::PackageTensor
    );
}
