// Rotary positions, and with flag NORM an RMSNorm of every head before them: for each pair
// (a, b) = (head[i], head[i + half]) and the row's angle i
//     out[i] = a · cos − b · sin,   out[i + half] = b · cos + a · sin.
//
// Bindings: x [rows, stride], with NORM weight [head_dim], cosines and sines [rows, half],
// out [rows, heads · head_dim]; all are Values (rows_common.wgsl, with VECTOR when half, stride and
// offset are multiples of 4; info counts Values); then info.
// LANES invocations compute one head of one row. Sizes: any even head_dim.
// Arithmetic per byte of global memory: 6 to 10 operations on the 16 bytes of a pair, about 1/2.
// Tested by tests/kernels.

struct Info {
    // Rows times heads.
    number: u32,
    heads: u32,
    half: u32,
    stride: u32,
    offset: u32,
    head_dim: f32,
    epsilon: f32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let number = row_of(workgroup, grid, invocation);
    let lane = invocation % LANES;
    if (number >= info.number) {
        return;
    }
    let row = number / info.heads;
    let begin = row * info.stride + info.offset + (number % info.heads) * 2u * info.half;
//#if NORM
    var squares = Value();
    for (var i = lane; i < 2u * info.half; i += LANES) {
        let value = x[begin + i];
        squares += value * value;
    }
    let mean_square = sum_of_lanes(total(squares), lane) / info.head_dim;
    let scale = 1.0 / sqrt(mean_square + info.epsilon);
//#end
    for (var i = lane; i < info.half; i += LANES) {
        var a = x[begin + i];
        var b = x[begin + info.half + i];
//#if NORM
        a *= scale * weight[i];
        b *= scale * weight[info.half + i];
//#end
        let c = cosines[row * info.half + i];
        let s = sines[row * info.half + i];
        let at = number * 2u * info.half + i;
        out[at] = a * c - b * s;
        out[at + info.half] = b * c + a * s;
    }
}
