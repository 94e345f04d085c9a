// What the kernels over rows share. Value is four floats with flag VECTOR, else one; the kernels
// are written once for both.
//
// Constant LANES: how many invocations work on a row. With one (software adapters) there is no
// barrier and no workgroup memory, and a workgroup takes as many rows as it has invocations; with
// 64 (flag SHARED) a workgroup takes one row and adds up in workgroup memory (256 bytes).

//#if VECTOR
alias Value = vec4<f32>;

fn total(value: Value) -> f32 {
    return dot(value, vec4<f32>(1.0));
}

fn first(value: Value) -> f32 {
    return value.x;
}
//#else
alias Value = f32;

fn total(value: Value) -> f32 {
    return value;
}

fn first(value: Value) -> f32 {
    return value;
}
//#end

// Which row an invocation works on. With SHARED it must be the workgroup's own number: the barriers
// behind the return for rows beyond the last need control flow that is visibly uniform.
fn row_of(workgroup: vec3<u32>, grid: vec3<u32>, invocation: u32) -> u32 {
//#if SHARED
    return number_of(workgroup, grid);
//#else
    return number_of(workgroup, grid) * (WORKGROUP / LANES) + invocation / LANES;
//#end
}

//#if SHARED
var<workgroup> partial: array<f32, LANES>;

// The sum of every invocation's value, to all of them.
fn sum_of_lanes(value: f32, lane: u32) -> f32 {
    workgroupBarrier();
    partial[lane] = value;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (lane < half) {
            partial[lane] += partial[lane + half];
        }
    }
    workgroupBarrier();
    return partial[0];
}
//#else
fn sum_of_lanes(value: f32, lane: u32) -> f32 {
    return value;
}
//#end
