//! The operations on Burn's CPU backend: loops over contiguous rows, matrix products by `gemm`,
//! and natively the rows or columns shared out over the cores.

mod attention;
mod linear;
mod norm;
mod rotary;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::TensorData;
use burn_flex::{Flex, FlexTensor};

use super::Kernels;
use super::attention::AttentionSpec;
use super::linear::LinearSpec;
use super::rotary::RotarySpec;

impl Kernels for Flex {
    fn linear_float(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        other: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        let (x, weight, bias, other) = (
            contiguous(x),
            contiguous(weight),
            contiguous(bias),
            contiguous(other),
        );
        let rows = linear::Rows::Float(floats(&weight));
        let y = linear::linear(floats(&x), rows, floats(&bias), floats(&other), &spec);
        matrix(y, spec.out_features)
    }

    fn linear_packed(
        x: FloatTensor<Self>,
        words: IntTensor<Self>,
        scales: IntTensor<Self>,
        bias: FloatTensor<Self>,
        other: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        let (x, bias, other) = (contiguous(x), contiguous(bias), contiguous(other));
        let (words, scales) = (contiguous(words), contiguous(scales));
        let packing = spec.packing.expect("a packed weight has a packing");
        let rows = linear::Rows::Packed {
            packing,
            words: uints(&words),
            scales: uints(&scales),
        };
        let y = linear::linear(floats(&x), rows, floats(&bias), floats(&other), &spec);
        matrix(y, spec.out_features)
    }

    fn span_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        spans: IntTensor<Self>,
        spec: AttentionSpec,
    ) -> FloatTensor<Self> {
        let (query, key, value) = (contiguous(query), contiguous(key), contiguous(value));
        let spans = contiguous(spans);
        let (spans, _) = uints(&spans).as_chunks();
        let y = attention::span_attention(
            rows_of(&query, 0),
            rows_of(&key, 0),
            rows_of(&value, spec.value_offset),
            spans,
            &spec,
        );
        matrix(y, spec.heads * spec.head_dim)
    }

    fn norm_rotary(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        spec: RotarySpec,
    ) -> FloatTensor<Self> {
        let (x, weight, cos, sin) = (
            contiguous(x),
            contiguous(weight),
            contiguous(cos),
            contiguous(sin),
        );
        let y = rotary::norm_rotary(
            rows_of(&x, spec.offset),
            floats(&weight),
            floats(&cos),
            floats(&sin),
            &spec,
        );
        matrix(y, spec.heads * spec.head_dim)
    }

    fn rms_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        let (x, weight) = (contiguous(x), contiguous(weight));
        let weight = floats(&weight);
        matrix(norm::rms_norm(floats(&x), weight, epsilon), weight.len())
    }

    fn layer_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        let (x, weight, bias) = (contiguous(x), contiguous(weight), contiguous(bias));
        let weight = floats(&weight);
        matrix(
            norm::layer_norm(floats(&x), weight, floats(&bias), epsilon),
            weight.len(),
        )
    }
}

/// Rows of a matrix, read from a first column on.
#[derive(Clone, Copy)]
struct RowsOf<'a> {
    values: &'a [f32],
    stride: usize,
    offset: usize,
}

impl<'a> RowsOf<'a> {
    fn count(&self) -> usize {
        self.values.len() / self.stride
    }

    /// Row `i` from the first column on.
    fn row(&self, i: usize) -> &'a [f32] {
        &self.values[i * self.stride + self.offset..(i + 1) * self.stride]
    }

    /// Everything from row `i`, column `column` on; rows are `stride` apart.
    fn from(&self, i: usize, column: usize) -> &'a [f32] {
        &self.values[i * self.stride + self.offset + column..]
    }
}

fn rows_of(tensor: &FlexTensor, offset: usize) -> RowsOf<'_> {
    RowsOf {
        values: floats(tensor),
        stride: tensor.layout().shape()[1],
        offset,
    }
}

fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() {
        tensor
    } else {
        tensor.to_contiguous()
    }
}

fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("operands are contiguous f32")
}

fn uints(tensor: &FlexTensor) -> &[u32] {
    tensor
        .as_slice()
        .expect("packed operands are contiguous u32")
}

fn matrix(values: Vec<f32>, columns: usize) -> FlexTensor {
    let rows = values.len() / columns;
    FlexTensor::from_data(TensorData::new(values, [rows, columns]))
}

/// Runs `work` over the chunks of `out` (each `chunk` values; the index tells which), on all
/// cores where there are several.
fn for_chunks(out: &mut [f32], chunk: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    #[cfg(feature = "threads")]
    {
        use rayon::prelude::*;
        // Below this a thread costs more than it brings.
        const WORTH_SHARING: usize = 1 << 15;
        if out.len() >= WORTH_SHARING {
            let least = WORTH_SHARING.div_ceil(2 * chunk);
            return out
                .par_chunks_mut(chunk)
                .enumerate()
                .with_min_len(least)
                .for_each(|(i, chunk)| work(i, chunk));
        }
    }
    out.chunks_mut(chunk)
        .enumerate()
        .for_each(|(i, chunk)| work(i, chunk));
}
