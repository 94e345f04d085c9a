//! Launches of span attention: `shaders/attention_*.wgsl`.

use burn_cubecl::tensor::CubeTensor;

use super::adapter::{Kind, kind_of};
use super::launch::{Launch, contiguous, shape};
use super::text::File;
use crate::ops::attention::AttentionSpec;

/// Keys between two rescalings of the running sums, in the variant for software adapters.
const KEYS: usize = 16;

pub fn span_attention(
    query: CubeTensor,
    key: CubeTensor,
    value: CubeTensor,
    spans: CubeTensor,
    spec: AttentionSpec,
) -> CubeTensor {
    let (query, key, value) = (contiguous(query), contiguous(key), contiguous(value));
    let spans = contiguous(spans);
    let [rows, query_stride] = shape(&query);
    let [_, key_stride] = shape(&key);
    let [_, value_stride] = shape(&value);
    let sizes = [
        spec.head_dim,
        query_stride,
        key_stride,
        value_stride,
        spec.value_offset,
    ];
    let vector = sizes.iter().all(|n| n.is_multiple_of(4));
    // Strides and the offset count vec4s where vec4s are read.
    let unit = if vector { 4 } else { 1 };
    let pairs = rows * (spec.heads / spec.kv_heads);

    let (body, workgroup, block) = match kind_of(&query.device) {
        Kind::Software => (File::AttentionRegister, 16, 16),
        Kind::Hardware => (File::AttentionTiled, 128, 64),
    };
    let floats = if vector {
        "array<vec4<f32>>"
    } else {
        "array<f32>"
    };
    let info = [
        rows as u32,
        spec.heads as u32,
        spec.kv_heads as u32,
        spec.head_dim as u32,
        (query_stride / unit) as u32,
        (key_stride / unit) as u32,
        (value_stride / unit) as u32,
        (spec.value_offset / unit) as u32,
        spec.scale().to_bits(),
    ];
    Launch::new(vec![File::Prelude, File::AttentionCommon, body], workgroup)
        .flag("VECTOR", vector)
        .constant("DIM4", spec.head_dim.div_ceil(4))
        .constant("KEYS", KEYS)
        .constant("CHUNKS", spec.head_dim.div_ceil(32))
        .input("query", floats, &query)
        .input("key", floats, &key)
        .input("value", floats, &value)
        .input("spans", "array<vec4<u32>>", &spans)
        .run(
            floats,
            [rows, spec.heads * spec.head_dim],
            &query,
            &info,
            spec.kv_heads * pairs.div_ceil(block),
        )
}
