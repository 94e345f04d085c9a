//! Attention in which every query row sees the union of two key intervals.

use burn::backend::Dispatch;
use burn::tensor::activation::softmax;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::Kernels;

/// For every query row two half-open intervals of key rows, `[start, end, start, end]`; the row
/// attends to their union. The intervals of a row do not overlap and are not both empty.
///
/// Packed images are `[s, e, 0, 0]`, causal text `[s, i + 1, 0, 0]`, and a branch off a prefix
/// `[prefix start, prefix end, branch start, i + 1]`.
#[derive(Debug, Clone)]
pub struct Spans {
    rows: Vec<[u32; 4]>,
    tensor: Tensor<2, Int>,
}

impl Spans {
    /// Uploads the spans of all rows.
    pub fn new(rows: Vec<[u32; 4]>, device: &Device) -> Self {
        let data = TensorData::new(rows.as_flattened().to_vec(), [rows.len(), 4]);
        let tensor = Tensor::from_data(data, (device, DType::U32));
        Self { rows, tensor }
    }

    /// The intervals of each row.
    pub fn rows(&self) -> &[[u32; 4]] {
        &self.rows
    }
}

/// The operands of [`span_attention`]: rows of heads side by side, beginning at a column of
/// their own, so that a fused projection need not be cut up.
#[derive(Debug, Clone)]
pub struct Attention {
    /// Queries, `[rows, ≥ heads · head_dim]`.
    pub query: Tensor<2>,
    /// Keys, `[key rows, ≥ kv_heads · head_dim]`.
    pub key: Tensor<2>,
    /// Values, `[key rows, ≥ value_offset + kv_heads · head_dim]`.
    pub value: Tensor<2>,
    /// First column of the values.
    pub value_offset: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; each serves `heads / kv_heads` query heads.
    pub kv_heads: usize,
    /// Size of a head.
    pub head_dim: usize,
}

/// Everything about a [`span_attention`] that is not a tensor. The scale is `head_dim^-1/2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttentionSpec {
    /// First column of the values.
    pub value_offset: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Size of a head.
    pub head_dim: usize,
}

impl AttentionSpec {
    /// What scores are multiplied by before the softmax.
    pub fn scale(&self) -> f32 {
        1.0 / (self.head_dim as f32).sqrt()
    }
}

/// `softmax(Q·Kᵀ / √head_dim, over the row's spans) · V`, head by head.
///
/// The result is `[rows, heads · head_dim]`. The whole score matrix is never stored.
pub fn span_attention(operands: Attention, spans: &Spans) -> Tensor<2> {
    if super::is_tracked(&operands.query) {
        return span_attention_reference(operands, spans);
    }
    let spec = AttentionSpec {
        value_offset: operands.value_offset,
        heads: operands.heads,
        kv_heads: operands.kv_heads,
        head_dim: operands.head_dim,
    };
    Tensor::from_dispatch(Dispatch::span_attention(
        operands.query.into_dispatch(),
        operands.key.into_dispatch(),
        operands.value.into_dispatch(),
        spans.tensor.clone().into_dispatch(),
        spec,
    ))
}

/// The definition of [`span_attention`]: one head and one segment of equal-start rows at a time.
pub fn span_attention_reference(operands: Attention, spans: &Spans) -> Tensor<2> {
    let Attention {
        query,
        key,
        value,
        value_offset,
        heads,
        kv_heads,
        head_dim,
    } = operands;
    let device = query.device();
    let scale = 1.0 / (head_dim as f32).sqrt();
    let take = |x: &Tensor<2>, offset: usize, heads: usize| -> Tensor<3> {
        let rows = x.dims()[0];
        x.clone()
            .slice([0..rows, offset..offset + heads * head_dim])
            .reshape([rows, heads, head_dim])
            .swap_dims(0, 1)
    };
    let group = heads / kv_heads;
    let repeat = |x: Tensor<3>| -> Tensor<3> {
        let rows = x.dims()[1];
        x.unsqueeze_dim::<4>(1)
            .expand([kv_heads, group, rows, head_dim])
            .reshape([heads, rows, head_dim])
    };
    let query = take(&query, 0, heads);
    let key = repeat(take(&key, 0, kv_heads));
    let value = repeat(take(&value, value_offset, kv_heads));

    let mut outputs = Vec::new();
    for segment in segments(spans.rows(), usize::MAX) {
        let keys: Vec<u32> = segment.intervals.iter().flat_map(|i| i.clone()).collect();
        let visible = &spans.rows()[segment.rows.clone()];
        let bias: Vec<f32> = visible
            .iter()
            .flat_map(|row| {
                keys.iter().map(|k| {
                    let seen = (row[0]..row[1]).contains(k) || (row[2]..row[3]).contains(k);
                    if seen { 0.0 } else { f32::NEG_INFINITY }
                })
            })
            .collect();
        let bias = Tensor::<3>::from_data(
            TensorData::new(bias, [1, visible.len(), keys.len()]),
            &device,
        );
        let index = Tensor::<1, Int>::from_data(
            TensorData::new(
                keys.iter().map(|&k| k as i32).collect::<Vec<_>>(),
                [keys.len()],
            ),
            &device,
        );
        let q = query
            .clone()
            .narrow(1, segment.rows.start, segment.rows.len());
        let k = key.clone().select(1, index.clone());
        let v = value.clone().select(1, index);
        let scores = q.matmul(k.transpose()) * scale + bias;
        outputs.push(softmax(scores, 2).matmul(v));
    }
    let rows = query.dims()[1];
    Tensor::cat(outputs, 1)
        .swap_dims(0, 1)
        .reshape([rows, heads * head_dim])
}

/// Consecutive query rows whose intervals begin at the same keys, and the keys they see together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The query rows.
    pub rows: std::ops::Range<usize>,
    /// The hull of the rows' first and of their second intervals.
    pub intervals: [std::ops::Range<u32>; 2],
}

/// Cuts all rows into segments of at most `most` rows.
pub(crate) fn segments(rows: &[[u32; 4]], most: usize) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (i, &[s0, e0, s1, e1]) in rows.iter().enumerate() {
        match segments.last_mut() {
            Some(last)
                if last.rows.len() < most
                    && last.intervals[0].start == s0
                    && last.intervals[1].start == s1
                    && disjoint(
                        s0..last.intervals[0].end.max(e0),
                        s1..last.intervals[1].end.max(e1),
                    ) =>
            {
                last.rows.end = i + 1;
                last.intervals[0].end = last.intervals[0].end.max(e0);
                last.intervals[1].end = last.intervals[1].end.max(e1);
            }
            _ => segments.push(Segment {
                rows: i..i + 1,
                intervals: [s0..e0, s1..e1],
            }),
        }
    }
    segments
}

fn disjoint(a: std::ops::Range<u32>, b: std::ops::Range<u32>) -> bool {
    a.is_empty() || b.is_empty() || a.end <= b.start || b.end <= a.start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_image_or_text_or_branch_form_a_segment() {
        let rows = [
            [0, 2, 0, 0],
            [0, 2, 0, 0],
            [2, 3, 0, 0],
            [2, 4, 0, 0],
            [2, 4, 4, 5],
        ];
        let cut = segments(&rows, 64);
        assert_eq!(cut.len(), 3);
        assert_eq!(
            cut[0],
            Segment {
                rows: 0..2,
                intervals: [0..2, 0..0]
            }
        );
        assert_eq!(
            cut[1],
            Segment {
                rows: 2..4,
                intervals: [2..4, 0..0]
            }
        );
        assert_eq!(
            cut[2],
            Segment {
                rows: 4..5,
                intervals: [2..4, 4..5]
            }
        );
        assert_eq!(segments(&rows, 1).len(), 5);
    }
}
