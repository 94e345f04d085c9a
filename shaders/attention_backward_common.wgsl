// What both kernels of attention's derivatives share: sizes, operands, and products of tiles.
//
// With the softmax weights P of one head, computed again from the statistics of its rows,
//     dV = Pᵀ · dO      dP = dO · Vᵀ      dS = P ∘ (dP − delta) · scale
//     dQ = dS · K       dK = dSᵀ · Q
// where a row's delta is the sum of dO ∘ O (Dao et al., arXiv 2205.14135, appendix B).
// attention_query_gradient.wgsl goes through the keys of each row for dQ and the statistics;
// attention_key_gradient.wgsl through the rows of each key for dK and dV. No sum is taken by
// several workgroups, so the order of sums is the same whatever the device.
//
// Operands:
//     query       [rows, query_stride]      heads side by side from column 0 on
//     key         [key rows, key_stride]    key and value heads side by side from column 0 on
//     value       [key rows, value_stride]  … from column value_offset on
//     spans       [rows]                    vec4<u32>: the row sees keys [x, y) and [z, w)
//     grad        [rows, heads · head_dim]  dO
//     statistics  [rows, heads]             vec2<f32>: log Σ exp(score), and delta
// Derivatives lie as their operands; columns that are not read are not written.
// Flag VECTOR: head_dim, all strides and the offset are multiples of 4; floats are read as vec4s,
// and strides and offset are counted in vec4s. Without it any head_dim goes.
// Flag VALUES: the values are bound. Constants: DIM4, ceil(head_dim / 4), and CHUNKS,
// ceil(head_dim / 32).
//
// A pair is a query row and one of the `group` query heads that share a key head; pairs of a key
// head are numbered row by row. A tile is of 32 pairs and 32 keys; an invocation of 128 holds two
// rows (16 apart) by four neighbouring columns of it.

struct Info {
    rows: u32,
    key_rows: u32,
    heads: u32,
    kv_heads: u32,
    head_dim: u32,
    query_stride: u32,
    key_stride: u32,
    value_stride: u32,
    value_offset: u32,
    scale: f32,
}

//#if VECTOR
fn query_at(row: u32, head: u32) -> u32 {
    return row * info.query_stride + head * DIM4;
}

fn key_at(row: u32, head: u32) -> u32 {
    return row * info.key_stride + head * DIM4;
}

fn value_at(row: u32, head: u32) -> u32 {
    return row * info.value_stride + info.value_offset + head * DIM4;
}

fn grad_at(row: u32, head: u32) -> u32 {
    return (row * info.heads + head) * DIM4;
}

fn query4(row: u32, head: u32, i: u32) -> vec4<f32> {
    return query[query_at(row, head) + i];
}

fn key4(row: u32, head: u32, i: u32) -> vec4<f32> {
    return key[key_at(row, head) + i];
}

//#if VALUES
fn value4(row: u32, head: u32, i: u32) -> vec4<f32> {
    return value[value_at(row, head) + i];
}
//#end

fn grad4(row: u32, head: u32, i: u32) -> vec4<f32> {
    return grad[grad_at(row, head) + i];
}
//#else
fn query_at(row: u32, head: u32) -> u32 {
    return row * info.query_stride + head * info.head_dim;
}

fn key_at(row: u32, head: u32) -> u32 {
    return row * info.key_stride + head * info.head_dim;
}

fn value_at(row: u32, head: u32) -> u32 {
    return row * info.value_stride + info.value_offset + head * info.head_dim;
}

fn grad_at(row: u32, head: u32) -> u32 {
    return (row * info.heads + head) * info.head_dim;
}

// Columns beyond the head are read as zeros.
fn query4(row: u32, head: u32, i: u32) -> vec4<f32> {
    let at = query_at(row, head) + 4u * i;
    var values = vec4<f32>();
//#for c 0 4
    if (4u * i + $cu < info.head_dim) {
        values[$c] = query[at + $cu];
    }
//#end
    return values;
}

fn key4(row: u32, head: u32, i: u32) -> vec4<f32> {
    let at = key_at(row, head) + 4u * i;
    var values = vec4<f32>();
//#for c 0 4
    if (4u * i + $cu < info.head_dim) {
        values[$c] = key[at + $cu];
    }
//#end
    return values;
}

//#if VALUES
fn value4(row: u32, head: u32, i: u32) -> vec4<f32> {
    let at = value_at(row, head) + 4u * i;
    var values = vec4<f32>();
//#for c 0 4
    if (4u * i + $cu < info.head_dim) {
        values[$c] = value[at + $cu];
    }
//#end
    return values;
}
//#end

fn grad4(row: u32, head: u32, i: u32) -> vec4<f32> {
    let at = grad_at(row, head) + 4u * i;
    var values = vec4<f32>();
//#for c 0 4
    if (4u * i + $cu < info.head_dim) {
        values[$c] = grad[at + $cu];
    }
//#end
    return values;
}
//#end

// Parts of a pair's or a key's row, zeros for what lies beyond the last pair, the last key or the
// head.
fn pair_row(pair: u32) -> u32 {
    return pair / (info.heads / info.kv_heads);
}

fn pair_head(pair: u32, kv_head: u32) -> u32 {
    let group = info.heads / info.kv_heads;
    return kv_head * group + pair % group;
}

fn pairs() -> u32 {
    return info.rows * (info.heads / info.kv_heads);
}

fn query_part(pair: u32, kv_head: u32, i: u32) -> vec4<f32> {
    if (pair >= pairs() || i >= DIM4) {
        return vec4<f32>();
    }
    return query4(pair_row(pair), pair_head(pair, kv_head), i);
}

fn grad_part(pair: u32, kv_head: u32, i: u32) -> vec4<f32> {
    if (pair >= pairs() || i >= DIM4) {
        return vec4<f32>();
    }
    return grad4(pair_row(pair), pair_head(pair, kv_head), i);
}

fn key_part(row: u32, end: u32, kv_head: u32, i: u32) -> vec4<f32> {
    if (row >= end || i >= DIM4) {
        return vec4<f32>();
    }
    return key4(row, kv_head, i);
}

//#if VALUES
fn value_part(row: u32, end: u32, kv_head: u32, i: u32) -> vec4<f32> {
    if (row >= end || i >= DIM4) {
        return vec4<f32>();
    }
    return value4(row, kv_head, i);
}
//#end

// Rows and columns of a tile, 8 vec4s of the head each (4 KiB and 4 KiB), and a matrix of the tile,
// 8 vec4s a row (4 KiB).
var<workgroup> rows_tile: array<vec4<f32>, 256>;
var<workgroup> columns_tile: array<vec4<f32>, 256>;
var<workgroup> matrix_tile: array<vec4<f32>, 256>;

// The columns tile's vec4s are swizzled by column while they are multiplied by rows, because
// then eight invocations read eight columns at once.
fn swizzled(column: u32, i: u32) -> u32 {
    return column * 8u + (i ^ (column / 4u));
}

// How many vec4s of the head are in a chunk of eight. The loops over them and over a tile's columns
// take what there is as their bound also because it is not a constant: drivers unroll such loops,
// and then compile them for many seconds.
fn parts_of(chunk: u32) -> u32 {
    return min(8u, (info.head_dim + 3u) / 4u - 8u * chunk);
}

// Two rows times four columns, over the vec4s of the head that are in the tiles.
fn rows_by_columns(tx: u32, ty: u32, parts: u32) -> mat2x4<f32> {
    var sum0 = vec4<f32>();
    var sum1 = vec4<f32>();
    for (var i = 0u; i < parts; i++) {
        let c0 = columns_tile[tx * 32u + (i ^ tx)];
        let c1 = columns_tile[tx * 32u + 8u + (i ^ tx)];
        let c2 = columns_tile[tx * 32u + 16u + (i ^ tx)];
        let c3 = columns_tile[tx * 32u + 24u + (i ^ tx)];
        let r0 = rows_tile[ty * 8u + i];
        let r1 = rows_tile[(ty + 16u) * 8u + i];
        sum0 += vec4<f32>(dot(r0, c0), dot(r0, c1), dot(r0, c2), dot(r0, c3));
        sum1 += vec4<f32>(dot(r1, c0), dot(r1, c1), dot(r1, c2), dot(r1, c3));
    }
    return mat2x4<f32>(sum0, sum1);
}

// Two rows of the matrix, `columns` long, times four head columns of the columns tile (which is
// not swizzled).
fn matrix_by_columns(tx: u32, ty: u32, columns: u32) -> mat2x4<f32> {
    var sum0 = vec4<f32>();
    var sum1 = vec4<f32>();
    for (var i = 0u; i < (columns + 3u) / 4u; i++) {
        let c0 = columns_tile[i * 32u + tx];
        let c1 = columns_tile[i * 32u + 8u + tx];
        let c2 = columns_tile[i * 32u + 16u + tx];
        let c3 = columns_tile[i * 32u + 24u + tx];
        let m0 = matrix_tile[ty * 8u + i];
        let m1 = matrix_tile[(ty + 16u) * 8u + i];
        sum0 += m0.x * c0 + m0.y * c1 + m0.z * c2 + m0.w * c3;
        sum1 += m1.x * c0 + m1.y * c1 + m1.z * c2 + m1.w * c3;
    }
    return mat2x4<f32>(sum0, sum1);
}
