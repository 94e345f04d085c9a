// RMSNorm, and with flag CENTRED LayerNorm, row by row:
//     out = (x − mean) / sqrt(mean((x − mean)²) + epsilon) · weight + bias
// where RMSNorm has no mean and no bias.
//
// Bindings: x [rows, width], weight [width], with CENTRED bias [width], out [rows, width]; all are
// Values (rows_common.wgsl, with VECTOR when width is a multiple of 4); then info.
// LANES invocations compute a row. Sizes: any.
// Arithmetic per byte of global memory: about 4 operations on the 8 bytes of a value, 1/2.
// Tested by tests/kernels.

struct Info {
    rows: u32,
    // Floats in a row, and Values in a row.
    width: u32,
    values: u32,
    epsilon: f32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let row = row_of(workgroup, grid, invocation);
    let lane = invocation % LANES;
    if (row >= info.rows) {
        return;
    }
    let begin = row * info.values;
//#if CENTRED
    // Sums are of differences from the row's first value: a mean far from zero would otherwise
    // round away what the row's values differ by.
    let origin = first(x[begin]);
    var sum = Value();
    for (var i = lane; i < info.values; i += LANES) {
        sum += x[begin + i] - origin;
    }
    let mean = sum_of_lanes(total(sum), lane) / f32(info.width);
//#else
    const origin = 0.0;
    const mean = 0.0;
//#end
    var squares = Value();
    for (var i = lane; i < info.values; i += LANES) {
        let value = x[begin + i] - origin - mean;
        squares += value * value;
    }
    let mean_square = sum_of_lanes(total(squares), lane) / f32(info.width);
    let scale = 1.0 / sqrt(mean_square + info.epsilon);
    for (var i = lane; i < info.values; i += LANES) {
        let y = (x[begin + i] - origin - mean) * scale * weight[i];
//#if CENTRED
        out[begin + i] = y + bias[i];
//#else
        out[begin + i] = y;
//#end
    }
}
