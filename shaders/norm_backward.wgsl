// Derivatives of RMSNorm, and with flag CENTRED of LayerNorm, row by row. With n the normalised
// row, (x − mean) · scale, and scale = 1 / sqrt(mean((x − mean)²) + epsilon):
//     dx = scale · (grad · weight − mean(grad · weight) − n · mean(grad · weight · n))
//     products = grad · n
// where RMSNorm has no mean(grad · weight). The sums of the columns of products are the derivative
// by the weight (column_sums.wgsl).
//
// Bindings (dense, in this order; absent ones are not declared): x [rows, width], with flag DX
// weight [width], grad [rows, width], with DX dx and with flag PRODUCTS products, both
// [rows, width]; all are Values (rows_common.wgsl, with VECTOR when width is a multiple of 4);
// then info.
// LANES invocations compute a row. Sizes: any.
// Arithmetic per byte of global memory: about 10 operations on the 12 to 16 bytes of a value.
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
    let width = f32(info.width);
//#if CENTRED
    // As in norm.wgsl: differences from the first value, or a large mean would round them away.
    let origin = first(x[begin]);
    var sum = Value();
    for (var i = lane; i < info.values; i += LANES) {
        sum += x[begin + i] - origin;
    }
    let mean = sum_of_lanes(total(sum), lane) / width;
//#else
    const origin = 0.0;
    const mean = 0.0;
//#end
    var squares = Value();
    for (var i = lane; i < info.values; i += LANES) {
        let value = x[begin + i] - origin - mean;
        squares += value * value;
    }
    let scale = 1.0 / sqrt(sum_of_lanes(total(squares), lane) / width + info.epsilon);
//#if DX
    var along = Value();
    var level = Value();
    for (var i = lane; i < info.values; i += LANES) {
        let g = grad[begin + i] * weight[i];
        along += g * ((x[begin + i] - origin - mean) * scale);
        level += g;
    }
    let mean_along = sum_of_lanes(total(along), lane) / width;
//#if CENTRED
    let mean_level = sum_of_lanes(total(level), lane) / width;
//#else
    const mean_level = 0.0;
//#end
//#end
    for (var i = lane; i < info.values; i += LANES) {
        let n = (x[begin + i] - origin - mean) * scale;
        let g = grad[begin + i];
//#if DX
        dx[begin + i] = scale * (g * weight[i] - mean_level - n * mean_along);
//#end
//#if PRODUCTS
        products[begin + i] = g * n;
//#end
    }
}
