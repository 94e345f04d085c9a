// What every linear kernel shares: its sizes, its operand x, and its epilogue
//     out = combine(activation(sum + bias), other)
//
// Bindings (dense, in this order; absent ones are not declared):
//     x       [rows, depth]      floats
//     weight  see weight_*.wgsl
//     scales  q8 and q4 only
//     bias    [columns]          with flag BIAS
//     other   [rows, columns]    with flag ADD or MULTIPLY
//     out     [rows, columns]
//     info    uniform, below
// Flags: EIGHTHS, depth is a multiple of 8: x and float weights are read as vec4s, unguarded.
//        QUADS, columns is a multiple of 4: bias, other and out are vec4s.
//        and the activation: activation.wgsl.

struct Info {
    rows: u32,
    depth: u32,
    columns: u32,
    // ceil(depth / 8): the steps of eight values that a row has, the last one padded with zeros.
    eighths: u32,
}

//#if EIGHTHS
fn x8(row: u32, step: u32) -> mat2x4<f32> {
    let i = 2u * (row * info.eighths + step);
    return mat2x4<f32>(x[i], x[i + 1u]);
}
//#else
fn x_at(row: u32, k: u32) -> f32 {
    if (k >= info.depth) {
        return 0.0;
    }
    return x[row * info.depth + k];
}

fn x8(row: u32, step: u32) -> mat2x4<f32> {
    let k = 8u * step;
    return mat2x4<f32>(
        x_at(row, k), x_at(row, k + 1u), x_at(row, k + 2u), x_at(row, k + 3u),
        x_at(row, k + 4u), x_at(row, k + 5u), x_at(row, k + 6u), x_at(row, k + 7u),
    );
}
//#end

// Sum of the eight products.
fn dot8(a: mat2x4<f32>, b: mat2x4<f32>) -> f32 {
    return dot(a[0], b[0]) + dot(a[1], b[1]);
}

// Finishes and stores four neighbouring columns of a row; column is a multiple of 4. What lies
// outside of the result is left out.
fn store4(sum: vec4<f32>, row: u32, column: u32) {
    if (row >= info.rows || column >= info.columns) {
        return;
    }
    var y = sum;
//#if QUADS
    let at = (row * info.columns + column) / 4u;
//#if BIAS
    y += bias[column / 4u];
//#end
    y = activation(y);
//#if ADD
    y += other[at];
//#end
//#if MULTIPLY
    y *= other[at];
//#end
    out[at] = y;
//#else
    let at = row * info.columns + column;
    let last = info.columns - column - 1u;
//#if BIAS
    y += vec4<f32>(
        bias[column], bias[column + min(1u, last)],
        bias[column + min(2u, last)], bias[column + min(3u, last)],
    );
//#end
    y = activation(y);
//#for c 0 4
    if ($cu <= last) {
//#if ADD
        y[$c] += other[at + $cu];
//#end
//#if MULTIPLY
        y[$c] *= other[at + $cu];
//#end
        out[at + $cu] = y[$c];
    }
//#end
//#end
}
