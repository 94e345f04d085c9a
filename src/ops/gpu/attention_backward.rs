//! Launches of span attention's derivatives: `shaders/attention_query_gradient.wgsl` and
//! `shaders/attention_key_gradient.wgsl`.

use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;

use super::launch::{Launch, contiguous, empty, shape, zeros};
use super::text::File;
use crate::ops::attention::AttentionSpec;
use crate::ops::backward::AttentionOperands;

const VECTORS: &str = "array<vec4<f32>>";
const PAIRS: &str = "array<vec2<f32>>";

/// Pairs or keys of a workgroup, and its invocations.
const TILE: usize = 32;
const WORKGROUP: u32 = 128;

/// Derivatives by query, key and value, as wide as these.
pub fn span_attention(
    operands: AttentionOperands<CubeBackend>,
    grad: CubeTensor,
    spec: AttentionSpec,
    [wants_query, wants_key, wants_value]: [bool; 3],
) -> [Option<CubeTensor>; 3] {
    let AttentionOperands {
        query,
        key,
        value,
        spans,
        output,
    } = operands;
    let [query, key, value, output, grad] = [query, key, value, output, grad].map(contiguous);
    let spans = contiguous(spans);
    let (heads, kv_heads) = (spec.heads * spec.head_dim, spec.kv_heads * spec.head_dim);
    let [rows, query_stride] = shape(&query);
    let [key_rows, key_stride] = shape(&key);
    let [_, value_stride] = shape(&value);

    let dq = wants_query.then(|| result(&query, heads));
    let dk = wants_key.then(|| result(&key, kv_heads));
    let dv = wants_value.then(|| result(&value, kv_heads));

    let sizes = [
        spec.head_dim,
        query_stride,
        key_stride,
        value_stride,
        spec.value_offset,
    ];
    let vector = sizes.iter().all(|n| n.is_multiple_of(4));
    let unit = if vector { 4 } else { 1 };
    let floats = if vector { VECTORS } else { "array<f32>" };
    let info = [
        rows as u32,
        key_rows as u32,
        spec.heads as u32,
        spec.kv_heads as u32,
        spec.head_dim as u32,
        (query_stride / unit) as u32,
        (key_stride / unit) as u32,
        (value_stride / unit) as u32,
        (spec.value_offset / unit) as u32,
        spec.scale().to_bits(),
    ];
    let kernel = |file: File| {
        let files = vec![File::Prelude, File::AttentionBackwardCommon, file];
        Launch::new(files, WORKGROUP)
            .flag("VECTOR", vector)
            .constant("DIM4", spec.head_dim.div_ceil(4))
            .constant("CHUNKS", spec.head_dim.div_ceil(32))
            .input("query", floats, &query)
            .input("key", floats, &key)
    };

    let statistics = empty(&query, [rows, 2 * spec.heads]);
    let mut launch = kernel(File::AttentionQueryGradient)
        .flag("DQ", wants_query)
        .flag("VALUES", wants_query);
    if wants_query {
        launch = launch.input("value", floats, &value);
    }
    launch = launch
        .input("spans", "array<vec4<u32>>", &spans)
        .input("output", floats, &output)
        .input("grad", floats, &grad)
        .output("statistics", PAIRS, &statistics);
    if let Some(dq) = &dq {
        launch = launch.output("dq", floats, dq);
    }
    let pairs = rows * (spec.heads / spec.kv_heads);
    launch.dispatch(&query, &info, spec.kv_heads * pairs.div_ceil(TILE));

    if wants_key || wants_value {
        let mut launch = kernel(File::AttentionKeyGradient)
            .flag("DK", wants_key)
            .flag("DV", wants_value)
            .flag("VALUES", wants_key);
        if wants_key {
            launch = launch.input("value", floats, &value);
        }
        launch = launch
            .input("spans", "array<vec4<u32>>", &spans)
            .input("grad", floats, &grad)
            .input("statistics", PAIRS, &statistics);
        if let Some(dk) = &dk {
            launch = launch.output("dk", floats, dk);
        }
        if let Some(dv) = &dv {
            launch = launch.output("dv", floats, dv);
        }
        launch.dispatch(&query, &info, spec.kv_heads * key_rows.div_ceil(TILE));
    }
    [dq, dk, dv]
}

/// Room for the derivative by `operand`, of which `columns` are written: zeros in the others.
fn result(operand: &CubeTensor, columns: usize) -> CubeTensor {
    let [rows, width] = shape(operand);
    if width == columns {
        empty(operand, [rows, width])
    } else {
        zeros(operand, [rows, width])
    }
}
