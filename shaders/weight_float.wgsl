// Weights of 32-bit floats, [columns, depth]: 4 bytes a value.

fn scale_of(row: u32, block: u32) -> f32 {
    return 1.0;
}

//#if EIGHTHS
fn weight8(row: u32, step: u32, scale: f32) -> mat2x4<f32> {
    let i = 2u * (row * info.eighths + step);
    return mat2x4<f32>(weight[i], weight[i + 1u]);
}
//#else
fn weight_at(row: u32, k: u32) -> f32 {
    if (k >= info.depth) {
        return 0.0;
    }
    return weight[row * info.depth + k];
}

fn weight8(row: u32, step: u32, scale: f32) -> mat2x4<f32> {
    let k = 8u * step;
    return mat2x4<f32>(
        weight_at(row, k), weight_at(row, k + 1u), weight_at(row, k + 2u), weight_at(row, k + 3u),
        weight_at(row, k + 4u), weight_at(row, k + 5u), weight_at(row, k + 6u), weight_at(row, k + 7u),
    );
}
//#end
