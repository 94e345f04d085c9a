// An activation by itself, times a factor with flag MULTIPLY; with flag SLOPE its derivatives:
//     out = activation(x) · factor
//     dx = grad · factor · activation'(x)      with flag DX
//     dfactor = grad · activation(x)           with flag DFACTOR
//
// Bindings (dense, in this order; absent ones are not declared): x, factor with MULTIPLY; without
// SLOPE out; with SLOPE grad, and dx and dfactor as asked for; all are [values] of Value, four
// floats with flag VECTOR (the number of floats is a multiple of 4), else one; then info.
// An invocation computes one Value. Sizes: any.
// Arithmetic per byte of global memory: 10 to 30 operations on 8 to 20 bytes, about 1.
// Tested by tests/kernels.

//#if VECTOR
alias Value = vec4<f32>;

fn four(value: Value) -> vec4<f32> {
    return value;
}

fn of_four(values: vec4<f32>) -> Value {
    return values;
}
//#else
alias Value = f32;

fn four(value: Value) -> vec4<f32> {
    return vec4<f32>(value);
}

fn of_four(values: vec4<f32>) -> Value {
    return values.x;
}
//#end

struct Info {
    values: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = number_of(workgroup, grid) * WORKGROUP + lane;
    if (i >= info.values) {
        return;
    }
    let v = four(x[i]);
//#if SLOPE
    let g = grad[i];
//#if DX
//#if MULTIPLY
    dx[i] = g * factor[i] * of_four(slope(v));
//#else
    dx[i] = g * of_four(slope(v));
//#end
//#end
//#if DFACTOR
    dfactor[i] = g * of_four(activation(v));
//#end
//#else
//#if MULTIPLY
    out[i] = of_four(activation(v)) * factor[i];
//#else
    out[i] = of_four(activation(v));
//#end
//#end
}
