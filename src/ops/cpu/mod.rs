//! The operations on Burn's CPU backend: loops over contiguous rows, matrix products by `gemm`,
//! and natively the rows or columns shared out over the cores.

mod activation;
#[cfg(feature = "autodiff")]
mod activation_backward;
mod attention;
#[cfg(feature = "autodiff")]
mod attention_backward;
#[cfg(feature = "autodiff")]
mod backward;
mod depthwise;
#[cfg(any(target_family = "wasm", test))]
mod dots;
mod eight;
#[cfg(any(target_family = "wasm", test))]
mod four;
mod inference;
mod integers;
mod lanes;
mod linear;
#[cfg(feature = "autodiff")]
mod linear_backward;
#[cfg(any(target_family = "wasm", target_arch = "x86_64", test))]
mod matrix;
mod norm;
mod pairs;
mod product;
mod regions;
mod rotary;
#[cfg(feature = "autodiff")]
mod rows_backward;
#[cfg(target_arch = "x86_64")]
mod strips;
#[cfg(any(target_family = "wasm", test))]
mod tiles;
mod top_softmax;
mod wide;
mod window;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::TensorData;
use burn_flex::{Flex, FlexTensor};

use self::product::Operand;
#[cfg(feature = "autodiff")]
use self::wide::wide;
use super::Kernels;
#[cfg(feature = "autodiff")]
use super::activation::ActivationSpec;
use super::attention::AttentionSpec;
use super::linear::{LinearSpec, Precision};
use super::rotary::RotarySpec;
#[cfg(feature = "threads")]
use crate::cores;
use crate::tensors::Packing;

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
        let (words, scales) = (uints(&words), uints(&scales));
        let (x, bias, other) = (floats(&x), floats(&bias), floats(&other));
        // Shorter rows take longer to round than to multiply.
        let long = spec.in_features >= integers::CHUNK && packing != Packing::F16;
        let y = if spec.precision == Precision::Fast && long {
            let weight = integers::Stored {
                packing,
                width: spec.in_features,
                words,
                scales,
            };
            linear::linear_of_integers(x, weight, bias, other, &spec)
        } else {
            let rows = linear::Rows::Packed {
                packing,
                words,
                scales,
            };
            linear::linear(x, rows, bias, other, &spec)
        };
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
        let y = attention::span_attention(&attention::Operands {
            query: rows_of(&query, 0),
            key: rows_of(&key, 0),
            value: rows_of(&value, spec.value_offset),
            spans,
            spec: &spec,
        });
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

    #[cfg(feature = "autodiff")]
    fn activated(
        x: FloatTensor<Self>,
        factor: FloatTensor<Self>,
        spec: ActivationSpec,
    ) -> FloatTensor<Self> {
        let (x, factor) = (contiguous(x), contiguous(factor));
        let y = activation_backward::activated(floats(&x), floats(&factor), &spec);
        matrix(y, x.layout().shape()[1])
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

    /// Everything from row `i`, column `column` on.
    fn operand(&self, i: usize, column: usize) -> Operand<'a> {
        Operand::rows(
            &self.values[i * self.stride + self.offset + column..],
            self.stride,
        )
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

/// Values from which on sharing them out is worth it: below, a thread costs more than it brings.
#[cfg(feature = "threads")]
const MANY_VALUES: usize = 1 << 15;

/// Multiplications of matrix products from which on sharing them out is worth it.
const MANY_PRODUCTS: usize = 1 << 20;

/// Runs the jobs, on all cores if they are worth sharing out; every thread has a scratch of its
/// own.
fn for_jobs<J: Send, S: Default>(share: bool, jobs: Vec<J>, work: impl Fn(J, &mut S) + Sync) {
    #[cfg(feature = "threads")]
    {
        use rayon::prelude::*;
        if share && jobs.len() > 1 && cores::threads() > 1 {
            return jobs
                .into_par_iter()
                .for_each_init(S::default, |scratch, job| work(job, scratch));
        }
    }
    #[cfg(not(feature = "threads"))]
    let _ = share;
    let mut scratch = S::default();
    jobs.into_iter().for_each(|job| work(job, &mut scratch));
}

/// Runs `work` over the chunks of `out` (each `chunk` values; the index tells which), on all
/// cores where there are several.
fn for_chunks(out: &mut [f32], chunk: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    #[cfg(feature = "threads")]
    {
        use rayon::prelude::*;
        if out.len() >= MANY_VALUES && cores::threads() > 1 {
            let least = MANY_VALUES.div_ceil(2 * chunk);
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

/// Cuts a result into pieces of `size` values; of an empty one all pieces are empty.
#[cfg(feature = "autodiff")]
fn pieces(mut values: &mut [f32], size: usize, count: usize) -> impl Iterator<Item = &mut [f32]> {
    (0..count).map(move |_| {
        let rest = std::mem::take(&mut values);
        let (piece, rest) = rest.split_at_mut(size.min(rest.len()));
        values = rest;
        piece
    })
}

/// The sum of all rows.
#[cfg(feature = "autodiff")]
fn sum_of_rows(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sum = vec![0.0; width];
    add_rows(&mut sum, rows);
    sum
}

#[cfg(feature = "autodiff")]
wide! {
    /// Adds every row to `sum`.
    fn add_rows(sum: &mut [f32], rows: &[f32]) {
        for row in rows.chunks_exact(sum.len()) {
            sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
    }
}
