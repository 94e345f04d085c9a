//! Launches of span attention: `shaders/attention_*.wgsl`.

use burn_cubecl::tensor::CubeTensor;

use super::adapter::{Kind, kind_of};
use super::launch::{Launch, contiguous, shape};
use super::text::File;
use crate::ops::attention::AttentionSpec;

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

    let (tile_pairs, tile_keys) = register_tile(spec.head_dim);
    let (body, workgroup, block) = match kind_of(&query.device) {
        Kind::Software => (File::AttentionRegister, 8, 8 * tile_pairs),
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
        .constant("PAIRS", tile_pairs)
        .constant("KEYS", tile_keys)
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

/// Pairs of a row and a head that an invocation of the kernel for software adapters computes, and
/// keys between two rescalings of their running sums.
///
/// More pairs share more of the loads, but drivers take the longer to compile the more running sums
/// an invocation has, `pairs · head_dim`: on lavapipe 1 s for 256 of them, 8 s for 1024.
fn register_tile(head_dim: usize) -> (usize, usize) {
    match head_dim {
        0..=64 => (4, 8),
        65..=128 => (2, 16),
        _ => (1, 16),
    }
}
