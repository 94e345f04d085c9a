// Derivatives of span attention by key and value.
//
// Bindings: query, key, with flag DK value, spans, grad, statistics, with DK dk and with flag DV
// dv; info: attention_backward_common.wgsl.
// A workgroup of 128 computes 32 keys of one key head. It looks for the first and the last row that
// sees one of them, and walks the pairs of the rows between in tiles of 32; what a pair does not
// see counts nothing.
// Workgroup memory: 12 KiB tiles.
// Sizes: head_dim up to 256; any number of rows and keys.
// Arithmetic per byte of global memory: a tile does 8 · 32 · 32 · head_dim operations on
// 6 · 32 rows of 4 · head_dim bytes: 10 per byte.
// Tested by tests/kernels.

//#if DK
fn store_key4(values: vec4<f32>, row: u32, head: u32, i: u32) {
//#if VECTOR
    dk[key_at(row, head) + i] = values;
//#else
    let at = key_at(row, head) + 4u * i;
//#for c 0 4
    if (4u * i + $cu < info.head_dim) {
        dk[at + $cu] = values[$c];
    }
//#end
//#end
}
//#end

//#if DV
fn store_value4(values: vec4<f32>, row: u32, head: u32, i: u32) {
//#if VECTOR
    dv[value_at(row, head) + i] = values;
//#else
    let at = value_at(row, head) + 4u * i;
//#for c 0 4
    if (4u * i + $cu < info.head_dim) {
        dv[at + $cu] = values[$c];
    }
//#end
//#end
}
//#end

var<workgroup> bounds: array<atomic<u32>, 2>;
var<workgroup> rows_shared: vec2<u32>;

// The scores of the block's keys with 32 pairs, without scale: two keys by four pairs.
fn scores(first: u32, begin: u32, kv_head: u32, lane: u32) -> mat2x4<f32> {
    var sum = mat2x4<f32>();
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
        workgroupBarrier();
//#for i 0 2
        {
            let item = lane + 128u * $iu;
            let i = 8u * chunk + item % 8u;
            rows_tile[item] = key_part(first + item / 8u, info.key_rows, kv_head, i);
            columns_tile[swizzled(item / 8u, item % 8u)] = query_part(begin + item / 8u, kv_head, i);
        }
//#end
        workgroupBarrier();
        sum += rows_by_columns(lane % 8u, lane / 8u, parts_of(chunk));
    }
    return sum;
}

//#if DK
// The same of the values and dO.
fn slopes(first: u32, begin: u32, kv_head: u32, lane: u32) -> mat2x4<f32> {
    var sum = mat2x4<f32>();
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
        workgroupBarrier();
//#for i 0 2
        {
            let item = lane + 128u * $iu;
            let i = 8u * chunk + item % 8u;
            rows_tile[item] = value_part(first + item / 8u, info.key_rows, kv_head, i);
            columns_tile[swizzled(item / 8u, item % 8u)] = grad_part(begin + item / 8u, kv_head, i);
        }
//#end
        workgroupBarrier();
        sum += rows_by_columns(lane % 8u, lane / 8u, parts_of(chunk));
    }
    return sum;
}
//#end

fn sees(span: vec4<u32>, key: u32) -> bool {
    return (key >= span.x && key < span.y) || (key >= span.z && key < span.w);
}

@compute @workgroup_size(128)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let group = info.heads / info.kv_heads;
    let blocks = (info.key_rows + 31u) / 32u;
    let number = number_of(workgroup, grid);
    let kv_head = number / blocks;
    if (kv_head >= info.kv_heads) {
        return;
    }
    let first = (number % blocks) * 32u;
    let last = min(first + 32u, info.key_rows);
    let tx = lane % 8u;
    let ty = lane / 8u;

    if (lane == 0u) {
        atomicStore(&bounds[0], 0xffffffffu);
        atomicStore(&bounds[1], 0u);
    }
    workgroupBarrier();
    var lowest = 0xffffffffu;
    var highest = 0u;
    for (var row = lane; row < info.rows; row += 128u) {
        let span = spans[row];
        if (max(span.x, first) < min(span.y, last) || max(span.z, first) < min(span.w, last)) {
            lowest = min(lowest, row);
            highest = row + 1u;
        }
    }
    atomicMin(&bounds[0], lowest);
    atomicMax(&bounds[1], highest);
    workgroupBarrier();
    if (lane == 0u) {
        rows_shared = vec2<u32>(atomicLoad(&bounds[0]), atomicLoad(&bounds[1]));
    }
    // Barriers stand in the loop over these bounds: they must be uniform, and known to be.
    let rows = workgroupUniformLoad(&rows_shared);

//#for d 0 CHUNKS
    var dk$d = mat2x4<f32>();
    var dv$d = mat2x4<f32>();
//#end
    if (rows.x < rows.y) {
        for (var begin = rows.x * group; begin < rows.y * group; begin += 32u) {
            let columns = min(32u, rows.y * group - begin);
            let tile_scores = scores(first, begin, kv_head, lane) * info.scale;
//#if DK
            let tile_slopes = slopes(first, begin, kv_head, lane);
//#end
            var weights = mat2x4<f32>();
            var delta = vec4<f32>();
//#for c 0 4
            {
                let pair = begin + 4u * tx + $cu;
                if (pair < pairs()) {
                    let row = pair_row(pair);
                    let span = spans[row];
                    let of_row = statistics[row * info.heads + pair_head(pair, kv_head)];
                    delta[$c] = of_row.y;
//#for r 0 2
                    if (sees(span, first + ty + 16u * $ru)) {
                        weights[$r][$c] = exp(min(tile_scores[$r][$c] - of_row.x, 0.0));
                    }
//#end
                }
            }
//#end
//#if DV
            // The matrix tile was read to the end before the barriers of the scores.
//#for r 0 2
            matrix_tile[(ty + 16u * $ru) * 8u + tx] = weights[$r];
//#end
//#for d 0 CHUNKS
            workgroupBarrier();
//#for i 0 2
            {
                let item = lane + 128u * $iu;
                columns_tile[item] = grad_part(begin + item / 8u, kv_head, 8u * $du + item % 8u);
            }
//#end
            workgroupBarrier();
            dv$d += matrix_by_columns(tx, ty, columns);
//#end
            workgroupBarrier();
//#end
//#if DK
//#for r 0 2
            matrix_tile[(ty + 16u * $ru) * 8u + tx] = weights[$r] * (tile_slopes[$r] - delta) * info.scale;
//#end
//#for d 0 CHUNKS
            workgroupBarrier();
//#for i 0 2
            {
                let item = lane + 128u * $iu;
                columns_tile[item] = query_part(begin + item / 8u, kv_head, 8u * $du + item % 8u);
            }
//#end
            workgroupBarrier();
            dk$d += matrix_by_columns(tx, ty, columns);
//#end
//#end
        }
    }
//#for r 0 2
    if (first + ty + 16u * $ru < info.key_rows) {
//#for d 0 CHUNKS
        if (8u * $du + tx < DIM4) {
//#if DK
            store_key4(dk$d[$r], first + ty + 16u * $ru, kv_head, 8u * $du + tx);
//#end
//#if DV
            store_value4(dv$d[$r], first + ty + 16u * $ru, kv_head, 8u * $du + tx);
//#end
        }
//#end
    }
//#end
}
