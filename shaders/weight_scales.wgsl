// Scales of q8 and q4 weights: an f16 for every block of 32 values, two in a word, low half
// first; rows of ceil(blocks / 2) words. 1/16 byte a value.

fn scale_of(row: u32, block: u32) -> f32 {
    let words = (info.eighths + 7u) / 8u;
    let pair = unpack2x16float(scales[row * words + block / 2u]);
    return select(pair.x, pair.y, (block & 1u) == 1u);
}
