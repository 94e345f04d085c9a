// Derivative of span attention by the query, and the statistics of its rows.
//
// Bindings: query, key, with flag DQ value, spans, output [rows, heads · head_dim] (O), grad,
// statistics (written), and with DQ dq; info: attention_backward_common.wgsl.
// A workgroup of 128 computes 32 pairs of one key head. It walks the hull of their spans in tiles
// of 32 keys twice: for the largest score and the sum of exponentials of each row, which every
// invocation keeps for its own columns until the end; and, with DQ, for dS, which is multiplied by
// the keys.
// Workgroup memory: 12 KiB tiles, 2 KiB statistics.
// Sizes: head_dim up to 256; any number of rows and keys.
// Arithmetic per byte of global memory: a tile does 8 · 32 · 32 · head_dim operations on
// 7 · 32 rows of 4 · head_dim bytes: 9 per byte.
// Tested by tests/kernels.

// Lower than every score, and finite.
const NEVER = -1e30;

//#if VECTOR
fn output4(row: u32, head: u32, i: u32) -> vec4<f32> {
    return output[grad_at(row, head) + i];
}
//#else
fn output4(row: u32, head: u32, i: u32) -> vec4<f32> {
    let at = grad_at(row, head) + 4u * i;
    var values = vec4<f32>();
//#for c 0 4
    if (4u * i + $cu < info.head_dim) {
        values[$c] = output[at + $cu];
    }
//#end
    return values;
}
//#end

//#if DQ
fn store4(values: vec4<f32>, row: u32, head: u32, i: u32) {
//#if VECTOR
    dq[query_at(row, head) + i] = values;
//#else
    let at = query_at(row, head) + 4u * i;
//#for c 0 4
    if (4u * i + $cu < info.head_dim) {
        dq[at + $cu] = values[$c];
    }
//#end
//#end
}
//#end

var<workgroup> most_shared: array<f32, 256>;
var<workgroup> sums_shared: array<f32, 256>;
var<workgroup> bounds: array<atomic<u32>, 4>;
var<workgroup> hull_shared: vec4<u32>;

// The scores of the block's pairs with 32 keys, without scale: two rows by four keys.
fn scores(first: u32, begin: u32, end: u32, kv_head: u32, lane: u32) -> mat2x4<f32> {
    var sum = mat2x4<f32>();
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
        workgroupBarrier();
//#for i 0 2
        {
            let item = lane + 128u * $iu;
            let i = 8u * chunk + item % 8u;
            rows_tile[item] = query_part(first + item / 8u, kv_head, i);
            columns_tile[swizzled(item / 8u, item % 8u)] = key_part(begin + item / 8u, end, kv_head, i);
        }
//#end
        workgroupBarrier();
        sum += rows_by_columns(lane % 8u, lane / 8u, parts_of(chunk));
    }
    return sum;
}

//#if DQ
// The same of dO and the values.
fn slopes(first: u32, begin: u32, end: u32, kv_head: u32, lane: u32) -> mat2x4<f32> {
    var sum = mat2x4<f32>();
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
        workgroupBarrier();
//#for i 0 2
        {
            let item = lane + 128u * $iu;
            let i = 8u * chunk + item % 8u;
            rows_tile[item] = grad_part(first + item / 8u, kv_head, i);
            columns_tile[swizzled(item / 8u, item % 8u)] = value_part(begin + item / 8u, end, kv_head, i);
        }
//#end
        workgroupBarrier();
        sum += rows_by_columns(lane % 8u, lane / 8u, parts_of(chunk));
    }
    return sum;
}
//#end

// Which of the four keys from `key` on an interval of a span shows, within the tile's end.
fn sees(span: vec4<u32>, second: bool, key: u32, end: u32) -> vec4<bool> {
    let keys = vec4<u32>(key) + vec4<u32>(0u, 1u, 2u, 3u);
    let low = select(span.x, span.z, second);
    let high = min(select(span.y, span.w, second), end);
    return (keys >= vec4<u32>(low)) & (keys < vec4<u32>(high));
}

@compute @workgroup_size(128)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let group = info.heads / info.kv_heads;
    let blocks = (pairs() + 31u) / 32u;
    let number = number_of(workgroup, grid);
    let kv_head = number / blocks;
    if (kv_head >= info.kv_heads) {
        return;
    }
    let first = (number % blocks) * 32u;
    let tx = lane % 8u;
    let ty = lane / 8u;

    if (lane == 0u) {
        atomicStore(&bounds[0], 0xffffffffu);
        atomicStore(&bounds[1], 0u);
        atomicStore(&bounds[2], 0xffffffffu);
        atomicStore(&bounds[3], 0u);
    }
    workgroupBarrier();
    if (lane < 32u && first + lane < pairs()) {
        let span = spans[pair_row(first + lane)];
        if (span.x < span.y) {
            atomicMin(&bounds[0], span.x);
            atomicMax(&bounds[1], span.y);
        }
        if (span.z < span.w) {
            atomicMin(&bounds[2], span.z);
            atomicMax(&bounds[3], span.w);
        }
    }
    workgroupBarrier();
    if (lane == 0u) {
        hull_shared = vec4<u32>(
            atomicLoad(&bounds[0]), atomicLoad(&bounds[1]),
            atomicLoad(&bounds[2]), atomicLoad(&bounds[3]),
        );
    }
    // Barriers stand in the loop over these bounds: they must be uniform, and known to be.
    let hull = workgroupUniformLoad(&hull_shared);
    let tiles_0 = select(0u, (hull.y - hull.x + 31u) / 32u, hull.x < hull.y);
    let tiles_1 = select(0u, (hull.w - hull.z + 31u) / 32u, hull.z < hull.w);

    // Pairs beyond the last repeat it and store nothing.
//#for r 0 2
    let pair$r = min(first + ty + 16u * $ru, pairs() - 1u);
    let row$r = pair_row(pair$r);
    let head$r = pair_head(pair$r, kv_head);
    let span$r = spans[row$r];
    var most$r = NEVER;
    var sum$r = 0.0;
//#end
    for (var tile = 0u; tile < tiles_0 + tiles_1; tile++) {
        let second = tile >= tiles_0;
        let begin = select(hull.x + 32u * tile, hull.z + 32u * (tile - tiles_0), second);
        let end = select(hull.y, hull.w, second);
        let tile_scores = scores(first, begin, end, kv_head, lane) * info.scale;
//#for r 0 2
        {
            let seen = sees(span$r, second, begin + 4u * tx, end);
            let score = select(vec4<f32>(NEVER), tile_scores[$r], seen);
            let most = max(most$r, max(max(score.x, score.y), max(score.z, score.w)));
            let weights = select(vec4<f32>(), exp(min(score - most, vec4<f32>())), seen);
            sum$r = sum$r * exp(most$r - most) + dot(weights, vec4<f32>(1.0));
            most$r = most;
        }
//#end
    }

    // Eight invocations hold columns of a row: their largest scores and sums are put together.
//#for r 0 2
    most_shared[(ty + 16u * $ru) * 8u + tx] = most$r;
    sums_shared[(ty + 16u * $ru) * 8u + tx] = sum$r;
//#end
    workgroupBarrier();
//#for r 0 2
    var row_most$r = NEVER;
    for (var i = 0u; i < 8u; i++) {
        row_most$r = max(row_most$r, most_shared[(ty + 16u * $ru) * 8u + i]);
    }
    var row_sum$r = 0.0;
    for (var i = 0u; i < 8u; i++) {
        let at = (ty + 16u * $ru) * 8u + i;
        row_sum$r += sums_shared[at] * exp(most_shared[at] - row_most$r);
    }
    let log_sum$r = row_most$r + log(row_sum$r);
//#end
    workgroupBarrier();
//#for r 0 2
    {
        var sum = 0.0;
        for (var i = tx; i < DIM4; i += 8u) {
            sum += dot(output4(row$r, head$r, i), grad4(row$r, head$r, i));
        }
        sums_shared[(ty + 16u * $ru) * 8u + tx] = sum;
    }
//#end
    workgroupBarrier();
//#for r 0 2
    var delta$r = 0.0;
    for (var i = 0u; i < 8u; i++) {
        delta$r += sums_shared[(ty + 16u * $ru) * 8u + i];
    }
    if (tx == 0u && first + ty + 16u * $ru < pairs()) {
        statistics[row$r * info.heads + head$r] = vec2<f32>(log_sum$r, delta$r);
    }
//#end
//#if DQ

//#for d 0 CHUNKS
    var dq$d = mat2x4<f32>();
//#end
    for (var tile = 0u; tile < tiles_0 + tiles_1; tile++) {
        let second = tile >= tiles_0;
        let begin = select(hull.x + 32u * tile, hull.z + 32u * (tile - tiles_0), second);
        let end = select(hull.y, hull.w, second);
        let tile_scores = scores(first, begin, end, kv_head, lane) * info.scale;
        let tile_slopes = slopes(first, begin, end, kv_head, lane);
        let columns = min(32u, end - begin);
//#for r 0 2
        {
            let seen = sees(span$r, second, begin + 4u * tx, end);
            let exponent = min(tile_scores[$r] - log_sum$r, vec4<f32>());
            let weights = select(vec4<f32>(), exp(exponent), seen);
            matrix_tile[(ty + 16u * $ru) * 8u + tx] = weights * (tile_slopes[$r] - delta$r) * info.scale;
        }
//#end
//#for d 0 CHUNKS
        workgroupBarrier();
//#for i 0 2
        {
            let item = lane + 128u * $iu;
            columns_tile[item] = key_part(begin + item / 8u, end, kv_head, 8u * $du + item % 8u);
        }
//#end
        workgroupBarrier();
        dq$d += matrix_by_columns(tx, ty, columns);
//#end
    }
//#for d 0 CHUNKS
    if (8u * $du + tx < DIM4) {
//#for r 0 2
        if (first + ty + 16u * $ru < pairs()) {
            store4(dq$d[$r], row$r, head$r, 8u * $du + tx);
        }
//#end
    }
//#end
//#end
}
