//! How the values of a packed weight lie in `u32` words, and how they are read.

use half::f16;

/// Values in a quantisation block, along the input dimension.
pub const BLOCK: usize = 32;

/// How the values of a packed weight lie in its `u32` words.
///
/// A row's values follow each other from the low bits up. Rows are padded with zeros: to an even
/// number of values for f16, to whole blocks of [`BLOCK`] for q8 and q4. Scales are f16, one per
/// block, two in a word, a row's count rounded up to an even number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Packing {
    /// Two f16 values in a word.
    F16,
    /// Four 8-bit two's-complement integers in a word; value = integer × scale.
    Q8,
    /// Eight 4-bit integers, stored plus 8, in a word; value = (integer − 8) × scale.
    Q4,
}

impl Packing {
    /// Values in one word.
    pub fn values_per_word(self) -> usize {
        match self {
            Packing::F16 => 2,
            Packing::Q8 => 4,
            Packing::Q4 => 8,
        }
    }

    /// Words in a row of `in_features` values.
    pub fn words_per_row(self, in_features: usize) -> usize {
        match self {
            Packing::F16 => in_features.div_ceil(2),
            Packing::Q8 => in_features.div_ceil(BLOCK) * 8,
            Packing::Q4 => in_features.div_ceil(BLOCK) * 4,
        }
    }

    /// Words of scales in a row of `in_features` values.
    pub fn scale_words_per_row(self, in_features: usize) -> usize {
        match self {
            Packing::F16 => 0,
            Packing::Q8 | Packing::Q4 => in_features.div_ceil(BLOCK).div_ceil(2),
        }
    }

    /// Unpacks the first values of one row into `out` (`in_features` long).
    pub fn unpack_row(self, words: &[u32], scales: &[u32], out: &mut [f32]) {
        let scale = |block: usize| {
            f16::from_bits((scales[block / 2] >> (16 * (block % 2))) as u16).to_f32()
        };
        match self {
            Packing::F16 => {
                for (pair, &word) in out.chunks_mut(2).zip(words) {
                    for (half, value) in pair.iter_mut().enumerate() {
                        *value = f16::from_bits((word >> (16 * half)) as u16).to_f32();
                    }
                }
            }
            Packing::Q8 => {
                for (block, (values, words)) in
                    out.chunks_mut(BLOCK).zip(words.chunks(8)).enumerate()
                {
                    let scale = scale(block);
                    for (i, value) in values.iter_mut().enumerate() {
                        *value = ((words[i / 4] >> (8 * (i % 4))) as u8 as i8) as f32 * scale;
                    }
                }
            }
            Packing::Q4 => {
                for (block, (values, words)) in
                    out.chunks_mut(BLOCK).zip(words.chunks(4)).enumerate()
                {
                    let scale = scale(block);
                    for (i, value) in values.iter_mut().enumerate() {
                        let stored = (words[i / 8] >> (4 * (i % 8))) & 15;
                        *value = (stored as i32 - 8) as f32 * scale;
                    }
                }
            }
        }
    }
}
