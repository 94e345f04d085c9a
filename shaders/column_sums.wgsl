// Sums of the columns of a matrix, over ROWS rows at a time:
//     out[g] = Σ x[r], r from g · ROWS on
// and again over its own result until one row is left. The order is the same whatever the device.
//
// Bindings: x [rows, columns], out [ceil(rows / ROWS), columns]; both are Values: four floats with
// flag VECTOR (the number of columns is a multiple of 4; info counts Values), else one; then info.
// An invocation computes one Value of out. Sizes: any.
// Arithmetic per byte of global memory: an addition for 4 bytes.
// Tested by tests/kernels.

//#if VECTOR
alias Value = vec4<f32>;
//#else
alias Value = f32;
//#end

struct Info {
    rows: u32,
    columns: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = number_of(workgroup, grid) * WORKGROUP + lane;
    let begin = i / info.columns * ROWS;
    let column = i % info.columns;
    if (begin >= info.rows) {
        return;
    }
    var sum = Value();
    for (var row = begin; row < min(begin + ROWS, info.rows); row++) {
        sum += x[row * info.columns + column];
    }
    out[i] = sum;
}
