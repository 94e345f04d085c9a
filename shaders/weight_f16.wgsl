// Weights of 16-bit floats, two in a word, low half first; rows of ceil(depth / 2) words: 2 bytes
// a value. The padding of an odd row is zero.

fn scale_of(row: u32, block: u32) -> f32 {
    return 1.0;
}

//#if EIGHTHS
fn weight8(row: u32, step: u32, scale: f32) -> mat2x4<f32> {
    let w = weight[row * info.eighths + step];
    return mat2x4<f32>(
        vec4<f32>(unpack2x16float(w.x), unpack2x16float(w.y)),
        vec4<f32>(unpack2x16float(w.z), unpack2x16float(w.w)),
    );
}
//#else
fn weight_pair(row: u32, pair: u32) -> vec2<f32> {
    let pairs = (info.depth + 1u) / 2u;
    if (pair >= pairs) {
        return vec2<f32>();
    }
    return unpack2x16float(weight[row * pairs + pair]);
}

fn weight8(row: u32, step: u32, scale: f32) -> mat2x4<f32> {
    let pair = 4u * step;
    return mat2x4<f32>(
        vec4<f32>(weight_pair(row, pair), weight_pair(row, pair + 1u)),
        vec4<f32>(weight_pair(row, pair + 2u), weight_pair(row, pair + 3u)),
    );
}
//#end
