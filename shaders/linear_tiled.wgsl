// Linear layer through tiles in workgroup memory, for GPUs.
//
// Bindings and flags: linear_common.wgsl; weights: weight_*.wgsl.
// A workgroup of 128 computes 64 × 64 results. For every 32 values of depth it copies 64 rows of
// x and 64 rows of weights, unpacked once, to workgroup memory (two times 8 KiB: 16 KiB in all);
// then each invocation multiplies 8 rows (8 apart) by 4 neighbouring columns in registers.
// The weight tile's columns of vec4s are swizzled by row, so that the 16 invocations that read
// 16 different rows meet different banks.
// Sizes: any.
// Arithmetic per byte of global memory: a step of 32 does 2 · 64 · 64 · 32 operations on 8 KiB of
// x and 8 KiB of float weights: 16 per byte; with f16 21, q8 25, q4 28.
// Tested by tests/kernels.

var<workgroup> x_tile: array<vec4<f32>, 512>;
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
    let first_column = (number / down) * 64u;
    let tx = lane % 16u;
    let ty = lane / 16u;

//#for r 0 8
    var sum$r = vec4<f32>();
//#end
    for (var begin = 0u; begin < info.eighths; begin += 4u) {
        workgroupBarrier();
//#for i 0 2
        {
            let row = (lane + 128u * $iu) / 4u;
            let part = lane % 4u;
            let step = begin + part;
            var values = mat2x4<f32>();
            if (step < info.eighths && first_row + row < info.rows) {
                values = x8(first_row + row, step);
            }
            x_tile[row * 8u + 2u * part] = values[0];
            x_tile[row * 8u + 2u * part + 1u] = values[1];

            var weights = mat2x4<f32>();
            if (step < info.eighths && first_column + row < info.columns) {
                weights = weight8(first_column + row, step, scale_of(first_column + row, begin / 4u));
            }
            let swizzle = (row / 4u) % 8u;
            weight_tile[row * 8u + ((2u * part) ^ swizzle)] = weights[0];
            weight_tile[row * 8u + ((2u * part + 1u) ^ swizzle)] = weights[1];
        }
//#end
        workgroupBarrier();
        for (var k = 0u; k < 8u; k++) {
            let at = tx * 32u + (k ^ (tx % 8u));
            let w0 = weight_tile[at];
            let w1 = weight_tile[at + 8u];
            let w2 = weight_tile[at + 16u];
            let w3 = weight_tile[at + 24u];
//#for r 0 8
            let x$r = x_tile[(ty + 8u * $ru) * 8u + k];
            sum$r += vec4<f32>(dot(x$r, w0), dot(x$r, w1), dot(x$r, w2), dot(x$r, w3));
//#end
        }
    }
//#for r 0 8
    store4(sum$r, first_row + ty + 8u * $ru, first_column + 4u * tx);
//#end
}
