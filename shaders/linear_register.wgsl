// Linear layer without barriers or workgroup memory, for software adapters.
//
// Bindings and flags: linear_common.wgsl; weights: weight_*.wgsl.
// An invocation computes a tile of ROWS × 4 · GROUPS results over the whole depth, in registers. A
// software adapter loads for one lane after the other, even where all lanes want the same value, so
// that a load costs more than many products: the tile is large, though its sums outgrow the real
// registers. Tiles are numbered along the columns first, so that neighbouring invocations mostly
// share their rows, and none but the last workgroup has idle ones.
// Sizes: any. ROWS is 1, 2, 4, 8 or 16, GROUPS 1, 2 or 4, WORKGROUP at most 64.
// Arithmetic per byte of global memory, nothing cached: in 8 steps of depth an invocation does
// 64 · ROWS · GROUPS operations on 32 · ROWS bytes of x and 32 · GROUPS values of weight; with 16
// rows and 2 groups 2048 operations on 768 bytes of floats, 2.7 per byte, and with q4 3.7; with 4
// groups 4.0 and 7.0.
// Tested by tests/kernels.

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tile = number_of(workgroup, grid) * WORKGROUP + lane;
    let across = (info.columns + 4u * GROUPS - 1u) / (4u * GROUPS);
    let row = (tile / across) * ROWS;
    let column = (tile % across) * 4u * GROUPS;

    // Rows and columns outside are computed from the last inside one and not stored: a branch
    // here would make all that follows divergent.
//#for r 0 ROWS
    let row_$r = min(row + $ru, info.rows - 1u);
//#for g 0 GROUPS
    var sum_$r_$g = vec4<f32>();
//#end
//#end
//#for g 0 GROUPS
//#for c 0 4
    let column_$g_$c = min(column + 4u * $gu + $cu, info.columns - 1u);
//#end
//#end
    for (var begin = 0u; begin < info.eighths; begin += 4u) {
//#for g 0 GROUPS
//#for c 0 4
        let scale_$g_$c = scale_of(column_$g_$c, begin / 4u);
//#end
//#end
        let end = min(begin + 4u, info.eighths);
        for (var step = begin; step < end; step++) {
//#for g 0 GROUPS
//#for c 0 4
            let w_$g_$c = weight8(column_$g_$c, step, scale_$g_$c);
//#end
//#end
//#for r 0 ROWS
            let x_$r = x8(row_$r, step);
//#for g 0 GROUPS
            sum_$r_$g += vec4<f32>(
                dot8(x_$r, w_$g_0), dot8(x_$r, w_$g_1), dot8(x_$r, w_$g_2), dot8(x_$r, w_$g_3),
            );
//#end
//#end
        }
    }
//#for r 0 ROWS
//#for g 0 GROUPS
    store4(sum_$r_$g, row + $ru, column + 4u * $gu);
//#end
//#end
}
