// Derivative of a linear layer by its weight: dw = gradᵀ · x, over a part of the rows at a time.
//
// Bindings:
//     grad  [rows, columns]          vec4s with flag QUADS (columns is a multiple of 4), else floats
//     x     [rows, depth]            vec4s with flag FOURTHS (depth is a multiple of 4), else floats
//     out   [parts, columns, depth]  as x
//     info  uniform, below
// The rows are cut into parts, or the few results of a small layer would leave most of a GPU idle;
// the sums of the parts are added up by column_sums.wgsl.
// A workgroup of 128 computes 64 × 64 results of one part. For every 32 rows it copies 64 columns
// of grad and 64 of x to workgroup memory (two times 8 KiB: 16 KiB in all); then each invocation
// multiplies 8 neighbouring columns of grad by 4 neighbouring columns of x.
// Sizes: any.
// Arithmetic per byte of global memory: a step of 32 does 2 · 64 · 64 · 32 operations on 16 KiB:
// 16 per byte.
// Tested by tests/kernels.

struct Info {
    rows: u32,
    depth: u32,
    columns: u32,
    // Rows of a part.
    part: u32,
}

//#if QUADS
fn grad4(row: u32, column: u32) -> vec4<f32> {
    return grad[(row * info.columns + column) / 4u];
}
//#else
fn grad4(row: u32, column: u32) -> vec4<f32> {
    var values = vec4<f32>();
//#for c 0 4
    if (column + $cu < info.columns) {
        values[$c] = grad[row * info.columns + column + $cu];
    }
//#end
    return values;
}
//#end

//#if FOURTHS
fn x4(row: u32, k: u32) -> vec4<f32> {
    return x[(row * info.depth + k) / 4u];
}
//#else
fn x4(row: u32, k: u32) -> vec4<f32> {
    var values = vec4<f32>();
//#for c 0 4
    if (k + $cu < info.depth) {
        values[$c] = x[row * info.depth + k + $cu];
    }
//#end
    return values;
}
//#end

fn store4(values: vec4<f32>, part: u32, column: u32, k: u32) {
    if (column >= info.columns || k >= info.depth) {
        return;
    }
    let at = (part * info.columns + column) * info.depth + k;
//#if FOURTHS
    out[at / 4u] = values;
//#else
//#for c 0 4
    if (k + $cu < info.depth) {
        out[at + $cu] = values[$c];
    }
//#end
//#end
}

var<workgroup> grad_tile: array<vec4<f32>, 512>;
var<workgroup> x_tile: array<vec4<f32>, 512>;

@compute @workgroup_size(128)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = number_of(workgroup, grid);
    let down = (info.columns + 63u) / 64u;
    let across = (info.depth + 63u) / 64u;
    let first_column = (number % down) * 64u;
    let first_k = (number / down % across) * 64u;
    let part = number / (down * across);
    let end = min((part + 1u) * info.part, info.rows);
    let tx = lane % 16u;
    let ty = lane / 16u;

//#for r 0 8
    var sum$r = vec4<f32>();
//#end
    for (var begin = part * info.part; begin < end; begin += 32u) {
        workgroupBarrier();
//#for i 0 4
        {
            let item = lane + 128u * $iu;
            let row = begin + item / 16u;
            let column = first_column + 4u * (item % 16u);
            let k = first_k + 4u * (item % 16u);
            var g = vec4<f32>();
            var values = vec4<f32>();
            if (row < end) {
                if (column < info.columns) {
                    g = grad4(row, column);
                }
                if (k < info.depth) {
                    values = x4(row, k);
                }
            }
            grad_tile[item] = g;
            x_tile[item] = values;
        }
//#end
        workgroupBarrier();
        for (var row = 0u; row < 32u; row++) {
            let values = x_tile[row * 16u + tx];
            let g0 = grad_tile[row * 16u + 2u * ty];
            let g1 = grad_tile[row * 16u + 2u * ty + 1u];
//#for r 0 4
            sum$r += g0[$r] * values;
//#end
//#for r 4 8
            sum$r += g1[$r - 4] * values;
//#end
        }
    }
    // More workgroups than results: those of parts that do not exist store nothing.
    if (part * info.part >= info.rows && part > 0u) {
        return;
    }
//#for r 0 8
    store4(sum$r, part, first_column + 8u * ty + $ru, first_k + 4u * tx);
//#end
}
