// Linear layer without barriers or workgroup memory, for software adapters.
//
// Bindings and flags: linear_common.wgsl; weights: weight_*.wgsl.
// An invocation computes a tile of ROWS × 4 results over the whole depth, in registers. The
// workgroup's invocations lie side by side along the columns, so that all of them read the same
// values of x: a software adapter loads such a value once for all its lanes.
// Sizes: any. ROWS is 1, 2, 4 or 8, WORKGROUP at most 64.
// Arithmetic per byte of global memory, nothing cached: in 8 steps of depth an invocation does
// 64 · ROWS operations on 32 · ROWS bytes of x (shared by the workgroup) and 32 values of weight;
// with ROWS = 4 and floats 256 operations on 256 bytes, 1 per byte; with q4 256 on 146, 1.8.
// Tested by tests/kernels.

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = number_of(workgroup, grid);
    let down = (info.rows + ROWS - 1u) / ROWS;
    let row = (number % down) * ROWS;
    let column = ((number / down) * WORKGROUP + lane) * 4u;

    // Rows and columns outside are computed from the last inside one and not stored: a branch
    // here would make all that follows divergent.
//#for r 0 ROWS
    let row$r = min(row + $ru, info.rows - 1u);
    var sum$r = vec4<f32>();
//#end
//#for c 0 4
    let column$c = min(column + $cu, info.columns - 1u);
//#end
    for (var begin = 0u; begin < info.eighths; begin += 4u) {
//#for c 0 4
        let scale$c = scale_of(column$c, begin / 4u);
//#end
        let end = min(begin + 4u, info.eighths);
        for (var step = begin; step < end; step++) {
//#for c 0 4
            let w$c = weight8(column$c, step, scale$c);
//#end
//#for r 0 ROWS
            let x$r = x8(row$r, step);
            sum$r += vec4<f32>(dot8(x$r, w0), dot8(x$r, w1), dot8(x$r, w2), dot8(x$r, w3));
//#end
        }
    }
//#for r 0 ROWS
    store4(sum$r, row + $ru, column);
//#end
}
