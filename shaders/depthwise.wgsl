// Depthwise convolution: out = activation(sum over the window of x · weight + bias), channel by channel.
//
// Bindings: x [n · height · width, channels], weight [kernel · kernel, channels], bias [channels],
// out [n · windows, channels]; all are Values (window.wgsl, with VECTOR when channels is a multiple of 4);
// then info.
// An invocation computes one Value; neighbours have neighbouring channels. Sizes: any.
// Arithmetic per byte of global memory: 2 operations on the 8 bytes of a value and its weight, 1/4; the
// weights, and what windows have in common, come from the cache.
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
    let window = at / info.channels;
    let column = window % info.columns;
    let row = window / info.columns % info.rows;
    let map = window / (info.columns * info.rows);
    var sum = bias[channel];
    for (var ky = 0u; ky < info.kernel; ky += 1u) {
        let y = row * info.stride + ky;
        for (var kx = 0u; kx < info.kernel; kx += 1u) {
            let x_at = column * info.stride + kx;
            if (on_map(y, x_at)) {
                let tap = (ky * info.kernel + kx) * info.channels + channel;
                sum += x[cell(map, y, x_at) + channel] * weight[tap];
            }
        }
    }
//#if VECTOR
    out[at] = activation(sum);
//#else
    out[at] = activation(vec4<f32>(sum)).x;
//#end
}
