// The values in each window of feature maps: out[window, ky, kx, channel] = x[cell under it, channel], zero
// beside the map.
//
// Bindings: x [n · height · width, channels], out [n · windows, kernel · kernel · channels]; both are Values
// (window.wgsl, with VECTOR when channels is a multiple of 4); then info.
// An invocation writes one Value. Sizes: any.
// Arithmetic per byte of global memory: none, it moves.
// Tested by tests/kernels.

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
    let place = at / info.channels;
    let kx = place % info.kernel;
    let ky = place / info.kernel % info.kernel;
    let window = place / (info.kernel * info.kernel);
    let column = window % info.columns;
    let row = window / info.columns % info.rows;
    let map = window / (info.columns * info.rows);
    let y = row * info.stride + ky;
    let x_at = column * info.stride + kx;
    var value = Value();
    if (on_map(y, x_at)) {
        value = x[cell(map, y, x_at) + channel];
    }
    out[at] = value;
}
