// Pooling of feature maps by regions: out[map, region] = sum over cells of weights[region, cell] · x[map, cell].
//
// Bindings: x [n · cells, channels], weights [regions, cells] or, where each map has its own, [n · regions, cells],
// out [n · regions, channels]; x and out are Values, four channels with flag VECTOR (when channels is a multiple of 4), else one; then info.
// An invocation computes one Value. Sizes: any.
// Arithmetic per byte of global memory: 2 operations on the 4 bytes of a value, 1/2; most weights are zero,
// and their cells are not read.
// Tested by tests/kernels.

//#if VECTOR
alias Value = vec4<f32>;
//#else
alias Value = f32;
//#end

struct Info {
    cells: u32,
    regions: u32,
    // Values of a cell, and Values of the result.
    channels: u32,
    number: u32,
    // Rows of the weights: after the last one follows the first.
    rows: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let at = number_of(workgroup, grid) * WORKGROUP + invocation;
    if (at >= info.number) {
        return;
    }
    let channel = at % info.channels;
    let region = at / info.channels % info.rows;
    let map = at / (info.channels * info.regions);
    var sum = Value();
    for (var cell = 0u; cell < info.cells; cell += 1u) {
        let weight = weights[region * info.cells + cell];
        if (weight != 0.0) {
            sum += weight * x[(map * info.cells + cell) * info.channels + channel];
        }
    }
    out[at] = sum;
}
