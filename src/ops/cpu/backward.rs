//! The derivatives on Burn's CPU backend.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::TensorData;
use burn_flex::{Flex, FlexTensor};

use super::{
    activation_backward, attention, attention_backward, contiguous, floats, linear,
    linear_backward, matrix, rows_backward, rows_of, uints,
};
use crate::ops::activation::ActivationSpec;
use crate::ops::attention::AttentionSpec;
use crate::ops::backward::{AttentionOperands, BackwardKernels, RotaryOperands};
use crate::ops::linear::LinearSpec;
use crate::ops::rotary::RotarySpec;

impl BackwardKernels for Flex {
    fn linear_input_gradient(
        grad: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        let (grad, weight) = (contiguous(grad), contiguous(weight));
        let rows = linear::Rows::Float(floats(&weight));
        let dx = linear_backward::input_gradient(floats(&grad), rows, &spec);
        matrix(dx, spec.in_features)
    }

    fn linear_packed_input_gradient(
        grad: FloatTensor<Self>,
        words: IntTensor<Self>,
        scales: IntTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        let (grad, words, scales) = (contiguous(grad), contiguous(words), contiguous(scales));
        let rows = linear::Rows::Packed {
            packing: spec.packing.expect("a packed weight has a packing"),
            words: uints(&words),
            scales: uints(&scales),
        };
        let dx = linear_backward::input_gradient(floats(&grad), rows, &spec);
        matrix(dx, spec.in_features)
    }

    fn linear_weight_gradient(
        grad: FloatTensor<Self>,
        x: FloatTensor<Self>,
        spec: LinearSpec,
    ) -> FloatTensor<Self> {
        let (grad, x) = (contiguous(grad), contiguous(x));
        let dw = linear_backward::weight_gradient(floats(&grad), floats(&x), &spec);
        matrix(dw, spec.in_features)
    }

    fn column_sums(grad: FloatTensor<Self>) -> FloatTensor<Self> {
        let grad = contiguous(grad);
        let columns = grad.layout().shape()[1];
        vector(linear_backward::column_sums(floats(&grad), columns))
    }

    fn span_attention_backward(
        operands: AttentionOperands<Self>,
        grad: FloatTensor<Self>,
        spec: AttentionSpec,
        wanted: [bool; 3],
    ) -> [Option<FloatTensor<Self>>; 3] {
        let [query, key, value, output, grad] = [
            operands.query,
            operands.key,
            operands.value,
            operands.output,
            grad,
        ]
        .map(contiguous);
        let spans = contiguous(operands.spans);
        let (spans, _) = uints(&spans).as_chunks();
        let widths = [&query, &key, &value].map(|tensor| tensor.layout().shape()[1]);
        let derivatives = attention_backward::span_attention(
            &attention::Operands {
                query: rows_of(&query, 0),
                key: rows_of(&key, 0),
                value: rows_of(&value, spec.value_offset),
                spans,
                spec: &spec,
            },
            rows_of(&output, 0),
            rows_of(&grad, 0),
            wanted,
        );
        let mut widths = widths.into_iter();
        derivatives.map(|values| {
            let width = widths.next()?;
            Some(matrix(values?, width))
        })
    }

    fn norm_rotary_backward(
        operands: RotaryOperands<Self>,
        grad: FloatTensor<Self>,
        spec: RotarySpec,
        wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2] {
        let [x, weight, cos, sin, grad] = [
            operands.x,
            operands.weight,
            operands.cos,
            operands.sin,
            grad,
        ]
        .map(contiguous);
        let [dx, dweight] = rows_backward::norm_rotary(
            rows_of(&x, spec.offset),
            floats(&weight),
            floats(&cos),
            floats(&sin),
            floats(&grad),
            &spec,
            wanted,
        );
        let width = x.layout().shape()[1];
        [dx.map(|dx| matrix(dx, width)), dweight.map(vector)]
    }

    fn rms_norm_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        epsilon: f32,
        wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2] {
        let [x, weight, grad] = [x, weight, grad].map(contiguous);
        let weight = floats(&weight);
        let [dx, dweight] =
            rows_backward::rms_norm(floats(&x), weight, floats(&grad), epsilon, wanted);
        [dx.map(|dx| matrix(dx, weight.len())), dweight.map(vector)]
    }

    fn layer_norm_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        epsilon: f32,
        wanted: [bool; 3],
    ) -> [Option<FloatTensor<Self>>; 3] {
        let [x, weight, grad] = [x, weight, grad].map(contiguous);
        let weight = floats(&weight);
        let [dx, dweight, dbias] =
            rows_backward::layer_norm(floats(&x), weight, floats(&grad), epsilon, wanted);
        [
            dx.map(|dx| matrix(dx, weight.len())),
            dweight.map(vector),
            dbias.map(vector),
        ]
    }

    fn activated_backward(
        x: FloatTensor<Self>,
        factor: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        spec: ActivationSpec,
        wanted: [bool; 2],
    ) -> [Option<FloatTensor<Self>>; 2] {
        let [x, factor, grad] = [x, factor, grad].map(contiguous);
        let (values, width) = (floats(&x), x.layout().shape()[1]);
        activation_backward::derivatives(values, floats(&factor), floats(&grad), &spec, wanted)
            .map(|values| values.map(|values| matrix(values, width)))
    }
}

fn vector(values: Vec<f32>) -> FlexTensor {
    let shape = [values.len()];
    FlexTensor::from_data(TensorData::new(values, shape))
}
