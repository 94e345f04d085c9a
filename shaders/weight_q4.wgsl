// Weights of 4-bit integers, stored plus 8, eight in a word from the low bits up, rows padded to
// blocks of 32: value = (integer − 8) · scale. 1/2 byte a value, and the scales.

fn integers(nibbles: u32) -> vec4<f32> {
    return vec4<f32>((vec4<u32>(nibbles) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u)) - 8.0;
}

fn weight8(row: u32, step: u32, scale: f32) -> mat2x4<f32> {
    let blocks = (info.eighths + 3u) / 4u;
    let w = weight[row * blocks * 4u + step];
    return mat2x4<f32>(integers(w) * scale, integers(w >> 16u) * scale);
}
