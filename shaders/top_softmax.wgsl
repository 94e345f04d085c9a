// Softmax of each row over its `keep` largest values, zero elsewhere.
//
// The smallest value that is kept is found bit by bit from the highest: of the candidates for it, the largest
// that at least `keep` values reach. For that, floats are mapped to integers of the same order.
//
// Bindings: x [rows, width], out [rows, width], of f32; then info.
// LANES invocations compute a row (rows_common.wgsl, without VECTOR). Sizes: width up to 2^24, beyond which
// the count would not be exact.
// Arithmetic per byte of global memory: 32 comparisons and an exponential on the 8 bytes of a value, about 5.
// Tested by tests/kernels.

struct Info {
    rows: u32,
    width: u32,
    keep: u32,
    temperature: f32,
}

// Grows with the value; the two zeros are one.
fn ordered(value: f32) -> u32 {
    let given = bitcast<u32>(value);
    let bits = select(given, 0u, given == 0x80000000u);
    return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}

fn unordered(key: u32) -> f32 {
    return bitcast<f32>(select(~key, key & 0x7fffffffu, key >= 0x80000000u));
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let row = row_of(workgroup, grid, invocation);
    let lane = invocation % LANES;
    if (row >= info.rows) {
        return;
    }
    let begin = row * info.width;
    // The two thresholds that `keep` values and one value reach.
    var smallest = 0u;
    var largest = 0u;
    for (var bit = 0u; bit < 32u; bit += 1u) {
        let step = 0x80000000u >> bit;
        var reach_smallest = 0.0;
        var reach_largest = 0.0;
        for (var i = lane; i < info.width; i += LANES) {
            let key = ordered(x[begin + i]);
            reach_smallest += select(0.0, 1.0, key >= (smallest | step));
            reach_largest += select(0.0, 1.0, key >= (largest | step));
        }
        if (sum_of_lanes(reach_smallest, lane) >= f32(info.keep)) {
            smallest |= step;
        }
        if (sum_of_lanes(reach_largest, lane) >= 1.0) {
            largest |= step;
        }
    }
    let most = unordered(largest);
    var powers = 0.0;
    for (var i = lane; i < info.width; i += LANES) {
        let value = x[begin + i];
        if (ordered(value) >= smallest) {
            powers += exp((value - most) / info.temperature);
        }
    }
    let total_power = sum_of_lanes(powers, lane);
    for (var i = lane; i < info.width; i += LANES) {
        let value = x[begin + i];
        var y = 0.0;
        if (ordered(value) >= smallest) {
            y = exp((value - most) / info.temperature) / total_power;
        }
        out[begin + i] = y;
    }
}
