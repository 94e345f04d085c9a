// Span attention without barriers or workgroup memory, for software adapters.
//
// Bindings and flags: attention_common.wgsl.
// An invocation computes one pair (a row and a head) by an online softmax over KEYS keys at a time
// (Milakov and Gimelshein, arXiv 1805.02867; Dao et al., arXiv 2205.14135). All invocations of a
// workgroup walk the hull of the workgroup's spans, so that they read the same keys and values,
// which a software adapter loads once for all its lanes; each masks what it does not see.
// Sizes: any; KEYS and WORKGROUP are at most 64.
// Arithmetic per byte of global memory, nothing cached: 4 · head_dim operations a key on
// 8 · head_dim bytes that the workgroup shares, and 4 · head_dim / KEYS of its own: with 16 of both
// 5 per byte.
// Tested by tests/kernels.

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let group = info.heads / info.kv_heads;
    let pairs = info.rows * group;
    let blocks = (pairs + WORKGROUP - 1u) / WORKGROUP;
    let number = number_of(workgroup, grid);
    let kv_head = number / blocks;
    if (kv_head >= info.kv_heads) {
        return;
    }
    let first = (number % blocks) * WORKGROUP;

    var hull = vec4<u32>(0xffffffffu, 0u, 0xffffffffu, 0u);
    let last_row = min(first + WORKGROUP - 1u, pairs - 1u) / group;
    for (var row = first / group; row <= last_row; row++) {
        let span = spans[row];
        if (span.x < span.y) {
            hull.x = min(hull.x, span.x);
            hull.y = max(hull.y, span.y);
        }
        if (span.z < span.w) {
            hull.z = min(hull.z, span.z);
            hull.w = max(hull.w, span.w);
        }
    }

    // Invocations beyond the last pair repeat it and store nothing.
    let pair = min(first + lane, pairs - 1u);
    let row = pair / group;
    let head = kv_head * group + pair % group;
    let span = spans[row];

    // The bound of the loops over the head is not a constant, or drivers would unroll them: seconds
    // of compiling.
    let parts = (info.head_dim + 3u) / 4u;
    var sum: array<vec4<f32>, DIM4>;
    for (var i = 0u; i < parts; i++) {
        sum[i] = vec4<f32>();
    }
    var most = NEVER;
    var weight = 0.0;
    for (var interval = 0u; interval < 2u; interval++) {
        let begin = select(hull.x, hull.z, interval == 1u);
        let end = select(hull.y, hull.w, interval == 1u);
        let low = select(span.x, span.z, interval == 1u);
        let high = select(span.y, span.w, interval == 1u);
        for (var first_key = begin; first_key < end; first_key += KEYS) {
//#for c 0 KEYS
            let at$c = min(first_key + $cu, end - 1u);
            var score$c = 0.0;
//#end
            for (var i = 0u; i < parts; i++) {
                let part = query4(row, head, i) * info.scale;
//#for c 0 KEYS
                score$c += dot(part, key4(at$c, kv_head, i));
//#end
            }
            var new_most = most;
//#for c 0 KEYS
            let sees$c = first_key + $cu >= low && first_key + $cu < high;
            new_most = max(new_most, select(NEVER, score$c, sees$c));
//#end
            let keep = exp(most - new_most);
            most = new_most;
            weight *= keep;
//#for c 0 KEYS
            let weight$c = select(0.0, exp(min(score$c - most, 0.0)), sees$c);
            weight += weight$c;
//#end
            for (var i = 0u; i < parts; i++) {
                var y = sum[i] * keep;
//#for c 0 KEYS
                y += weight$c * value4(at$c, kv_head, i);
//#end
                sum[i] = y;
            }
        }
    }
    if (first + lane < pairs) {
        for (var i = 0u; i < parts; i++) {
            store4(sum[i] / weight, row, head, i);
        }
    }
}
