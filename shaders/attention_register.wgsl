// Span attention without barriers or workgroup memory, for software adapters.
//
// Bindings and flags: attention_common.wgsl.
// An invocation computes PAIRS neighbouring pairs (a row and a head each) by an online softmax over
// KEYS keys at a time (Milakov and Gimelshein, arXiv 1805.02867; Dao et al., arXiv 2205.14135). A
// software adapter loads for one lane after the other, so that a load costs more than many
// products: every key and value that is loaded serves all of an invocation's pairs. All invocations
// of a workgroup walk the hull of the workgroup's spans; each masks what it does not see.
// The masks are made with & and not with &&, which is a branch: thirty-two unrolled branches among
// this many living values keep SwiftShader's compiler busy until it has eaten gigabytes and the
// browser ends the GPU process.
// Sizes: any; PAIRS · KEYS is at most 64, WORKGROUP at most 64.
// Arithmetic per byte of global memory, nothing cached: KEYS keys take 4 · head_dim · KEYS · PAIRS
// operations on 8 · head_dim · KEYS bytes of keys and values and 4 · head_dim · PAIRS of queries:
// 1.6 per byte with 4 pairs and 8 keys, 0.9 with 2 and 16.
// Tested by tests/kernels.

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let group = info.heads / info.kv_heads;
    let pairs = info.rows * group;
    let block = WORKGROUP * PAIRS;
    let blocks = (pairs + block - 1u) / block;
    let number = number_of(workgroup, grid);
    let kv_head = number / blocks;
    if (kv_head >= info.kv_heads) {
        return;
    }
    let first = (number % blocks) * block;

    var hull = vec4<u32>(0xffffffffu, 0u, 0xffffffffu, 0u);
    let last_row = min(first + block - 1u, pairs - 1u) / group;
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

    // Pairs beyond the last repeat it and are not stored.
//#for p 0 PAIRS
    let pair_$p = min(first + lane * PAIRS + $pu, pairs - 1u);
    let row_$p = pair_$p / group;
    let head_$p = kv_head * group + pair_$p % group;
    let span_$p = spans[row_$p];
//#end

    // The bound of the loops over the head is not a constant, or drivers would unroll them: seconds
    // of compiling.
    let parts = (info.head_dim + 3u) / 4u;
//#for p 0 PAIRS
    var sum_$p: array<vec4<f32>, DIM4>;
    var most_$p = NEVER;
    var weight_$p = 0.0;
//#end
    for (var i = 0u; i < parts; i++) {
//#for p 0 PAIRS
        sum_$p[i] = vec4<f32>();
//#end
    }
    for (var interval = 0u; interval < 2u; interval++) {
        let begin = select(hull.x, hull.z, interval == 1u);
        let end = select(hull.y, hull.w, interval == 1u);
//#for p 0 PAIRS
        let low_$p = select(span_$p.x, span_$p.z, interval == 1u);
        let high_$p = select(span_$p.y, span_$p.w, interval == 1u);
//#end
        for (var first_key = begin; first_key < end; first_key += KEYS) {
//#for c 0 KEYS
            let at_$c = min(first_key + $cu, end - 1u);
//#for p 0 PAIRS
            var score_$p_$c = 0.0;
//#end
//#end
            for (var i = 0u; i < parts; i++) {
//#for p 0 PAIRS
                let part_$p = query4(row_$p, head_$p, i) * info.scale;
//#end
//#for c 0 KEYS
                let loaded_$c = key4(at_$c, kv_head, i);
//#for p 0 PAIRS
                score_$p_$c += dot(part_$p, loaded_$c);
//#end
//#end
            }
//#for p 0 PAIRS
            var new_most_$p = most_$p;
//#for c 0 KEYS
            let sees_$p_$c = (first_key + $cu >= low_$p) & (first_key + $cu < high_$p);
            new_most_$p = max(new_most_$p, select(NEVER, score_$p_$c, sees_$p_$c));
//#end
            let keep_$p = exp(most_$p - new_most_$p);
            most_$p = new_most_$p;
            weight_$p *= keep_$p;
//#for c 0 KEYS
            let weight_$p_$c = select(0.0, exp(min(score_$p_$c - most_$p, 0.0)), sees_$p_$c);
            weight_$p += weight_$p_$c;
//#end
//#end
            for (var i = 0u; i < parts; i++) {
//#for p 0 PAIRS
                var y_$p = sum_$p[i] * keep_$p;
//#end
//#for c 0 KEYS
                let loaded_$c = value4(at_$c, kv_head, i);
//#for p 0 PAIRS
                y_$p += weight_$p_$c * loaded_$c;
//#end
//#end
//#for p 0 PAIRS
                sum_$p[i] = y_$p;
//#end
            }
        }
    }
//#for p 0 PAIRS
    if (first + lane * PAIRS + $pu < pairs) {
        for (var i = 0u; i < parts; i++) {
            store4(sum_$p[i] / weight_$p, row_$p, head_$p, i);
        }
    }
//#end
}
