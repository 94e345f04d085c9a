// Derivatives of rotary positions and, with flag NORM, of the RMSNorm of every head before them.
// The gradient is turned back, for each pair (a, b) = (grad[i], grad[i + half]) and angle i
//     g[i] = a · cos + b · sin,   g[i + half] = b · cos − a · sin
// and with n the normalised head, x · scale,
//     dx = scale · (g · weight − n · mean(g · weight · n))    (without NORM dx = g)
//     products = g · n
// The sums of the columns of products are the derivative by the weight (column_sums.wgsl).
//
// Bindings (dense, in this order; absent ones are not declared): with NORM x [rows, stride], with
// NORM and flag DX weight [head_dim], cosines and sines [rows, half], grad
// [rows, heads · head_dim], with DX dx [rows, stride], of which the columns of the heads are
// written, with flag PRODUCTS products [rows · heads, head_dim]; all are Values (rows_common.wgsl,
// with VECTOR when half, stride and offset are multiples of 4; info counts Values); then info.
// LANES invocations compute one head of one row. Sizes: any even head_dim.
// Arithmetic per byte of global memory: 10 to 20 operations on the 24 bytes of a pair, about 1/2.
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
    let grad_begin = number * 2u * info.half;
//#if NORM
    var squares = Value();
    for (var i = lane; i < 2u * info.half; i += LANES) {
        let value = x[begin + i];
        squares += value * value;
    }
    let scale = 1.0 / sqrt(sum_of_lanes(total(squares), lane) / info.head_dim + info.epsilon);
//#if DX
    var along = Value();
    for (var i = lane; i < info.half; i += LANES) {
        let a = grad[grad_begin + i];
        let b = grad[grad_begin + info.half + i];
        let c = cosines[row * info.half + i];
        let s = sines[row * info.half + i];
        along += (a * c + b * s) * weight[i] * x[begin + i];
        along += (b * c - a * s) * weight[info.half + i] * x[begin + info.half + i];
    }
    let mean_along = sum_of_lanes(total(along), lane) * scale / info.head_dim;
//#end
//#end
    for (var i = lane; i < info.half; i += LANES) {
        let a = grad[grad_begin + i];
        let b = grad[grad_begin + info.half + i];
        let c = cosines[row * info.half + i];
        let s = sines[row * info.half + i];
        let g0 = a * c + b * s;
        let g1 = b * c - a * s;
//#if NORM
        let n0 = x[begin + i] * scale;
        let n1 = x[begin + info.half + i] * scale;
//#if DX
        dx[begin + i] = scale * (g0 * weight[i] - n0 * mean_along);
        dx[begin + info.half + i] = scale * (g1 * weight[info.half + i] - n1 * mean_along);
//#end
//#if PRODUCTS
        products[grad_begin + i] = g0 * n0;
        products[grad_begin + info.half + i] = g1 * n1;
//#end
//#else
        dx[begin + i] = g0;
        dx[begin + info.half + i] = g1;
//#end
    }
}
