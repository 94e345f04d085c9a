// Derivative of a linear layer by its input: dx = grad · weight, with the weight in any format.
//
// Bindings (dense, in this order; absent ones are not declared):
//     grad    [rows, columns]    vec4s with flag QUADS (columns is a multiple of 4), else floats
//     weight  see weight_*.wgsl  [columns, depth]
//     scales  q8 and q4 only
//     out     [rows, depth]      vec4s with flag EIGHTHS (depth is a multiple of 8), else floats
//     info    uniform, below
// A workgroup of 128 computes 64 × 64 results. For every 32 columns of grad it copies 64 of its
// rows, and 64 values of 32 rows of weights, unpacked once, to workgroup memory (two times 8 KiB:
// 16 KiB in all); then each invocation multiplies 8 rows (8 apart) by 4 neighbouring values.
// Sizes: any.
// Arithmetic per byte of global memory: a step of 32 does 2 · 64 · 64 · 32 operations on 8 KiB of
// grad and 8 KiB of float weights: 16 per byte; with f16 21, q8 25, q4 28.
// Tested by tests/kernels.

struct Info {
    rows: u32,
    // Values in a row of weights, and rows of weights.
    depth: u32,
    columns: u32,
    // ceil(depth / 8): the eights of values that a row of weights has.
    eighths: u32,
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

fn store4(values: vec4<f32>, row: u32, k: u32) {
    if (row >= info.rows || k >= info.depth) {
        return;
    }
//#if EIGHTHS
    out[(row * info.depth + k) / 4u] = values;
//#else
//#for c 0 4
    if (k + $cu < info.depth) {
        out[row * info.depth + k + $cu] = values[$c];
    }
//#end
//#end
}

var<workgroup> grad_tile: array<vec4<f32>, 512>;
var<workgroup> weight_tile: array<vec4<f32>, 512>;

@compute @workgroup_size(128)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = number_of(workgroup, grid);
    let down = (info.rows + 63u) / 64u;
    let first_row = (number % down) * 64u;
    let first_eighth = (number / down) * 8u;
    let tx = lane % 16u;
    let ty = lane / 16u;

//#for r 0 8
    var sum$r = vec4<f32>();
//#end
    for (var begin = 0u; begin < info.columns; begin += 32u) {
        workgroupBarrier();
//#for i 0 4
        {
            let item = lane + 128u * $iu;
            let row = first_row + item / 8u;
            let column = begin + 4u * (item % 8u);
            var values = vec4<f32>();
            if (row < info.rows && column < info.columns) {
                values = grad4(row, column);
            }
            grad_tile[item] = values;
        }
//#end
//#for i 0 2
        {
            let item = lane + 128u * $iu;
            let row = begin + item / 8u;
            let eighth = first_eighth + item % 8u;
            var weights = mat2x4<f32>();
            if (row < info.columns && eighth < info.eighths) {
                weights = weight8(row, eighth, scale_of(row, eighth / 4u));
            }
            weight_tile[2u * item] = weights[0];
            weight_tile[2u * item + 1u] = weights[1];
        }
//#end
        workgroupBarrier();
        for (var k = 0u; k < 8u; k++) {
            let w0 = weight_tile[(4u * k) * 16u + tx];
            let w1 = weight_tile[(4u * k + 1u) * 16u + tx];
            let w2 = weight_tile[(4u * k + 2u) * 16u + tx];
            let w3 = weight_tile[(4u * k + 3u) * 16u + tx];
//#for r 0 8
            let g$r = grad_tile[(ty + 8u * $ru) * 8u + k];
            sum$r += g$r.x * w0 + g$r.y * w1 + g$r.z * w2 + g$r.w * w3;
//#end
        }
    }
//#for r 0 8
    store4(sum$r, first_row + ty + 8u * $ru, 8u * first_eighth + 4u * tx);
//#end
}
