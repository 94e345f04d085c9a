//! The operations without derivatives of their own.

use burn::backend::tensor::FloatTensor;
use burn_flex::Flex;

use super::regions::pool_regions;
use super::{contiguous, depthwise, floats, matrix, top_softmax, window};
use crate::ops::InferenceKernels;
use crate::ops::depthwise::DepthwiseSpec;
use crate::ops::window::Window;

impl InferenceKernels for Flex {
    fn windows(x: FloatTensor<Self>, spec: Window) -> FloatTensor<Self> {
        let x = contiguous(x);
        let channels = x.layout().shape()[1];
        let y = window::windows(floats(&x), channels, &spec);
        matrix(y, spec.kernel * spec.kernel * channels)
    }

    fn depthwise(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        spec: DepthwiseSpec,
    ) -> FloatTensor<Self> {
        let (x, weight, bias) = (contiguous(x), contiguous(weight), contiguous(bias));
        let bias = floats(&bias);
        let y = depthwise::depthwise(floats(&x), floats(&weight), bias, &spec);
        matrix(y, bias.len())
    }

    fn pool_regions(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        regions: usize,
    ) -> FloatTensor<Self> {
        let (x, weights) = (contiguous(x), contiguous(weights));
        let channels = x.layout().shape()[1];
        let cells = weights.layout().shape()[1];
        let y = pool_regions(floats(&x), floats(&weights), channels, [cells, regions]);
        matrix(y, channels)
    }

    fn top_softmax(x: FloatTensor<Self>, keep: usize, temperature: f32) -> FloatTensor<Self> {
        let x = contiguous(x);
        let width = x.layout().shape()[1];
        let y = top_softmax::top_softmax(floats(&x), width, keep, temperature);
        matrix(y, width)
    }
}
