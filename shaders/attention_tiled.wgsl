// Span attention through tiles in workgroup memory, for GPUs.
//
// Bindings and flags: attention_common.wgsl.
// A workgroup of 128 computes 64 pairs (a row and a head) of one key head, in the manner of
// FlashAttention (Dao et al., arXiv 2205.14135): it walks the hull of its spans in tiles of 32
// keys, and skips all others. For each tile the scores, 64 × 32, are summed over chunks of 32
// head columns of query and key; their exponentials take the query's place in workgroup memory;
// and chunk by chunk of 32 head columns the values are multiplied by them. An invocation holds
// 4 rows (16 apart) × 4 keys of scores and 4 rows × 4 columns of every chunk of the result.
// Workgroup memory: 8 KiB queries or exponentials, 4 KiB keys or values, 2 KiB row statistics.
// The key tile's columns of vec4s are swizzled by row against bank conflicts.
// Sizes: head_dim up to 256; any number of rows and keys.
// Arithmetic per byte of global memory: a tile does 4 · 64 · 32 · head_dim operations on
// 64 + 2 · 32 rows of 4 · head_dim bytes: 16 per byte.
// Tested by tests/kernels.

var<workgroup> rows_tile: array<vec4<f32>, 512>;
var<workgroup> keys_tile: array<vec4<f32>, 256>;
var<workgroup> statistics: array<f32, 512>;
var<workgroup> bounds: array<atomic<u32>, 4>;
var<workgroup> hull_shared: vec4<u32>;

@compute @workgroup_size(128)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let group = info.heads / info.kv_heads;
    let pairs = info.rows * group;
    let blocks = (pairs + 63u) / 64u;
    let number = number_of(workgroup, grid);
    let kv_head = number / blocks;
    if (kv_head >= info.kv_heads) {
        return;
    }
    let first = (number % blocks) * 64u;
    let tx = lane % 8u;
    let ty = lane / 8u;

    if (lane == 0u) {
        atomicStore(&bounds[0], 0xffffffffu);
        atomicStore(&bounds[1], 0u);
        atomicStore(&bounds[2], 0xffffffffu);
        atomicStore(&bounds[3], 0u);
    }
    workgroupBarrier();
    if (lane < 64u && first + lane < pairs) {
        let span = spans[(first + lane) / group];
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

//#for r 0 4
    let pair$r = min(first + ty + 16u * $ru, pairs - 1u);
    let row$r = pair$r / group;
    let span$r = spans[row$r];
//#for d 0 CHUNKS
    var sum$d_$r = vec4<f32>();
//#end
//#end
    var most = vec4<f32>(NEVER);
    var weight = vec4<f32>();

    for (var tile = 0u; tile < tiles_0 + tiles_1; tile++) {
        let second = tile >= tiles_0;
        let begin = select(hull.x + 32u * tile, hull.z + 32u * (tile - tiles_0), second);
        let end = select(hull.y, hull.w, second);
//#for r 0 4
        var score$r = vec4<f32>();
//#end
        for (var chunk = 0u; chunk < CHUNKS; chunk++) {
            workgroupBarrier();
//#for i 0 4
            {
                let item = lane + 128u * $iu;
                let pair = first + item / 8u;
                let i = 8u * chunk + item % 8u;
                var part = vec4<f32>();
                if (pair < pairs && i < DIM4) {
                    part = query4(pair / group, kv_head * group + pair % group, i) * info.scale;
                }
                rows_tile[item] = part;
            }
//#end
//#for i 0 2
            {
                let item = lane + 128u * $iu;
                let row = item / 8u;
                let i = 8u * chunk + item % 8u;
                var part = vec4<f32>();
                if (begin + row < end && i < DIM4) {
                    part = key4(begin + row, kv_head, i);
                }
                keys_tile[row * 8u + ((item % 8u) ^ (row / 4u))] = part;
            }
//#end
            workgroupBarrier();
            for (var k = 0u; k < 8u; k++) {
                let at = tx * 32u + (k ^ tx);
                let k0 = keys_tile[at];
                let k1 = keys_tile[at + 8u];
                let k2 = keys_tile[at + 16u];
                let k3 = keys_tile[at + 24u];
//#for r 0 4
                let q$r = rows_tile[(ty + 16u * $ru) * 8u + k];
                score$r += vec4<f32>(dot(q$r, k0), dot(q$r, k1), dot(q$r, k2), dot(q$r, k3));
//#end
            }
        }

        let keys = vec4<u32>(begin + 4u * tx) + vec4<u32>(0u, 1u, 2u, 3u);
//#for r 0 4
        let low$r = select(span$r.x, span$r.z, second);
        let high$r = select(span$r.y, span$r.w, second);
        let sees$r = (keys >= vec4<u32>(low$r)) & (keys < vec4<u32>(min(high$r, end)));
        let seen$r = select(vec4<f32>(NEVER), score$r, sees$r);
        statistics[(ty + 16u * $ru) * 8u + tx] = max(max(seen$r.x, seen$r.y), max(seen$r.z, seen$r.w));
//#end
        workgroupBarrier();
        let before = most;
//#for r 0 4
        for (var i = 0u; i < 8u; i++) {
            most[$r] = max(most[$r], statistics[(ty + 16u * $ru) * 8u + i]);
        }
        let weight$r = select(vec4<f32>(), exp(min(score$r - most[$r], vec4<f32>())), sees$r);
        rows_tile[(ty + 16u * $ru) * 8u + tx] = weight$r;
//#end
        let keep = exp(before - most);
        weight = weight * keep + vec4<f32>(
            dot(weight0, vec4<f32>(1.0)), dot(weight1, vec4<f32>(1.0)),
            dot(weight2, vec4<f32>(1.0)), dot(weight3, vec4<f32>(1.0)),
        );
//#for d 0 CHUNKS
        workgroupBarrier();
//#for i 0 2
        {
            let item = lane + 128u * $iu;
            let row = item / 8u;
            let i = 8u * $du + item % 8u;
            var part = vec4<f32>();
            if (begin + row < end && i < DIM4) {
                part = value4(begin + row, kv_head, i);
            }
            keys_tile[item] = part;
        }
//#end
        workgroupBarrier();
//#for r 0 4
        sum$d_$r *= keep[$r];
//#end
        for (var k = 0u; k < 8u; k++) {
            let v0 = keys_tile[k * 32u + tx];
            let v1 = keys_tile[k * 32u + 8u + tx];
            let v2 = keys_tile[k * 32u + 16u + tx];
            let v3 = keys_tile[k * 32u + 24u + tx];
//#for r 0 4
            let w$r = rows_tile[(ty + 16u * $ru) * 8u + k];
            sum$d_$r += w$r.x * v0 + w$r.y * v1 + w$r.z * v2 + w$r.w * v3;
//#end
        }
//#end
    }

    workgroupBarrier();
//#for r 0 4
    statistics[(ty + 16u * $ru) * 8u + tx] = weight[$r];
//#end
    workgroupBarrier();
//#for r 0 4
    var total$r = 0.0;
    for (var i = 0u; i < 8u; i++) {
        total$r += statistics[(ty + 16u * $ru) * 8u + i];
    }
    if (first + ty + 16u * $ru < pairs) {
        let head = kv_head * group + pair$r % group;
//#for d 0 CHUNKS
        if (8u * $du + tx < DIM4) {
            store4(sum$d_$r / total$r, row$r, head, 8u * $du + tx);
        }
//#end
    }
//#end
}
