// Linear layer of few rows, for GPUs: bound by reading the weights once.
//
// Bindings and flags: linear_common.wgsl; weights: weight_*.wgsl.
// A workgroup of 64 computes ROWS rows × 4 columns. Its invocations read neighbouring eights of
// the depth, and their partial sums are added up as a tree in workgroup memory
// (ROWS · 1 KiB, at most 8 KiB).
// Sizes: any; ROWS is 1, 2, 4 or 8, and more rows than that take several workgroups.
// Arithmetic per byte of global memory: 2 · ROWS operations for every weight, that is ROWS / 2 per
// byte of floats, ROWS per byte of f16, about 2 · ROWS of q8 and 4 · ROWS of q4.
// Tested by tests/kernels.

var<workgroup> partial: array<vec4<f32>, ROWS * 64u>;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = number_of(workgroup, grid);
    let down = (info.rows + ROWS - 1u) / ROWS;
    let row = (number % down) * ROWS;
    let column = (number / down) * 4u;

//#for r 0 ROWS
    let row$r = min(row + $ru, info.rows - 1u);
    var sum$r = vec4<f32>();
//#end
//#for c 0 4
    let column$c = min(column + $cu, info.columns - 1u);
//#end
    for (var step = lane; step < info.eighths; step += 64u) {
//#for c 0 4
        let w$c = weight8(column$c, step, scale_of(column$c, step / 4u));
//#end
//#for r 0 ROWS
        let x$r = x8(row$r, step);
        sum$r += vec4<f32>(dot8(x$r, w0), dot8(x$r, w1), dot8(x$r, w2), dot8(x$r, w3));
//#end
    }
//#for r 0 ROWS
    partial[$ru * 64u + lane] = sum$r;
//#end
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (lane < half) {
//#for r 0 ROWS
            partial[$ru * 64u + lane] += partial[$ru * 64u + lane + half];
//#end
        }
    }
    workgroupBarrier();
    if (lane < ROWS) {
        store4(partial[lane * 64u], row + lane, column);
    }
}
