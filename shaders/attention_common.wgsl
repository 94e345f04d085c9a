// What both attention kernels share: sizes and operands.
//
// Bindings (dense, in this order):
//     query  [rows, query_stride]       heads side by side from column 0 on
//     key    [key rows, key_stride]     key and value heads side by side from column 0 on
//     value  [key rows, value_stride]   … from column value_offset on
//     spans  [rows]                     vec4<u32>: the row sees keys [x, y) and [z, w)
//     out    [rows, heads · head_dim]
//     info   uniform, below
// Flag VECTOR: head_dim, all strides and the offset are multiples of 4; floats are read as vec4s,
// and strides and offset are counted in vec4s. Without it any head_dim goes.
// Constant DIM4: ceil(head_dim / 4).
//
// A pair is a query row and one of the `group` query heads that share a key head; pairs of a key
// head are numbered row by row, so that a workgroup's pairs see nearly the same keys.

struct Info {
    rows: u32,
    heads: u32,
    kv_heads: u32,
    head_dim: u32,
    query_stride: u32,
    key_stride: u32,
    value_stride: u32,
    value_offset: u32,
    scale: f32,
}

// Lower than every score, and finite.
const NEVER = -1e30;

//#if VECTOR
fn query4(row: u32, head: u32, i: u32) -> vec4<f32> {
    return query[row * info.query_stride + head * DIM4 + i];
}

fn key4(row: u32, head: u32, i: u32) -> vec4<f32> {
    return key[row * info.key_stride + head * DIM4 + i];
}

fn value4(row: u32, head: u32, i: u32) -> vec4<f32> {
    return value[row * info.value_stride + info.value_offset + head * DIM4 + i];
}

fn store4(y: vec4<f32>, row: u32, head: u32, i: u32) {
    out[(row * info.heads + head) * DIM4 + i] = y;
}
//#else
// Columns beyond the head are read as zeros.
//#for c 0 4
fn query_$c(at: u32, i: u32) -> f32 {
    if (4u * i + $cu >= info.head_dim) {
        return 0.0;
    }
    return query[at + 4u * i + $cu];
}

fn key_$c(at: u32, i: u32) -> f32 {
    if (4u * i + $cu >= info.head_dim) {
        return 0.0;
    }
    return key[at + 4u * i + $cu];
}

fn value_$c(at: u32, i: u32) -> f32 {
    if (4u * i + $cu >= info.head_dim) {
        return 0.0;
    }
    return value[at + 4u * i + $cu];
}
//#end

fn query4(row: u32, head: u32, i: u32) -> vec4<f32> {
    let at = row * info.query_stride + head * info.head_dim;
    return vec4<f32>(query_0(at, i), query_1(at, i), query_2(at, i), query_3(at, i));
}

fn key4(row: u32, head: u32, i: u32) -> vec4<f32> {
    let at = row * info.key_stride + head * info.head_dim;
    return vec4<f32>(key_0(at, i), key_1(at, i), key_2(at, i), key_3(at, i));
}

fn value4(row: u32, head: u32, i: u32) -> vec4<f32> {
    let at = row * info.value_stride + info.value_offset + head * info.head_dim;
    return vec4<f32>(value_0(at, i), value_1(at, i), value_2(at, i), value_3(at, i));
}

fn store4(y: vec4<f32>, row: u32, head: u32, i: u32) {
    let at = (row * info.heads + head) * info.head_dim + 4u * i;
//#for c 0 4
    if (4u * i + $cu < info.head_dim) {
        out[at + $cu] = y[$c];
    }
//#end
}
//#end
