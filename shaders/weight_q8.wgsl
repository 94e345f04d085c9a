// Weights of 8-bit two's-complement integers, four in a word from the low bits up, rows padded to
// blocks of 32: value = integer · scale. 1 byte a value, and the scales.

fn integers(word: u32) -> vec4<f32> {
    return vec4<f32>(vec4<i32>(vec4<u32>(word) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u));
}

fn weight8(row: u32, step: u32, scale: f32) -> mat2x4<f32> {
    let blocks = (info.eighths + 3u) / 4u;
    let w = weight[row * blocks * 4u + step];
    return mat2x4<f32>(integers(w.x) * scale, integers(w.y) * scale);
}
