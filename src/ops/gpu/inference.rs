//! Launches of the operations without derivatives of their own: `shaders/windows.wgsl`, `depthwise.wgsl`,
//! `regions.wgsl` and `top_softmax.wgsl`.

use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;

use super::adapter::{Kind, kind_of};
use super::launch::{Launch, contiguous, shape};
use super::linear::activation_flag;
use super::norm::{lanes, rows_kernel};
use super::text::File;
use crate::ops::InferenceKernels;
use crate::ops::depthwise::DepthwiseSpec;
use crate::ops::window::Window;

impl InferenceKernels for CubeBackend {
    fn windows(x: FloatTensor<Self>, window: Window) -> FloatTensor<Self> {
        let x = contiguous(x);
        let [rows, channels] = shape(&x);
        let side = window.kernel;
        let out = [
            rows / window.inputs() * window.outputs(),
            side * side * channels,
        ];
        let (launch, per) = each_value(File::Windows, &x, channels);
        let mut info = window_words(&window).to_vec();
        info.extend([channels / per, out[0] * out[1] / per].map(|n| n as u32));
        let workgroups = (out[0] * out[1] / per).div_ceil(workgroup(&x));
        let launch = launch.input("x", "array<Value>", &x);
        launch.run("array<Value>", out, &x, &info, workgroups)
    }

    fn depthwise(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        spec: DepthwiseSpec,
    ) -> FloatTensor<Self> {
        let x = contiguous(x);
        let [rows, channels] = shape(&x);
        let out = [
            rows / spec.window.inputs() * spec.window.outputs(),
            channels,
        ];
        let (launch, per) = each_value(File::Depthwise, &x, channels);
        let mut info = window_words(&spec.window).to_vec();
        info.extend([channels / per, out[0] * channels / per].map(|n| n as u32));
        let workgroups = (out[0] * channels / per).div_ceil(workgroup(&x));
        launch
            .flag(activation_flag(spec.activation), true)
            .input("x", "array<Value>", &x)
            .input("weight", "array<Value>", &contiguous(weight))
            .input("bias", "array<Value>", &contiguous(bias))
            .run("array<Value>", out, &x, &info, workgroups)
    }

    fn pool_regions(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        regions: usize,
    ) -> FloatTensor<Self> {
        let (x, weights) = (contiguous(x), contiguous(weights));
        let ([rows, channels], [of_weights, cells]) = (shape(&x), shape(&weights));
        let out = [rows / cells * regions, channels];
        let (launch, per) = each_value(File::Regions, &x, channels);
        let values = channels / per;
        let info = [cells, regions, values, out[0] * values, of_weights].map(|n| n as u32);
        let workgroups = (out[0] * channels / per).div_ceil(workgroup(&x));
        launch
            .input("x", "array<Value>", &x)
            .input("weights", "array<f32>", &weights)
            .run("array<Value>", out, &x, &info, workgroups)
    }

    fn top_softmax(x: FloatTensor<Self>, keep: usize, temperature: f32) -> FloatTensor<Self> {
        let x = contiguous(x);
        let [rows, width] = shape(&x);
        let (workgroup, lanes) = lanes(&x);
        let info = [
            rows as u32,
            width as u32,
            keep.min(width) as u32,
            temperature.to_bits(),
        ];
        rows_kernel(File::TopSoftmax, (workgroup, lanes), false)
            .input("x", "array<Value>", &x)
            .run(
                "array<Value>",
                [rows, width],
                &x,
                &info,
                rows.div_ceil(workgroup / lanes),
            )
    }
}

/// A kernel of which each invocation makes one value, or four channels if they are a multiple of four; and how
/// many channels that is.
fn each_value(file: File, x: &CubeTensor, channels: usize) -> (Launch, usize) {
    let vector = channels.is_multiple_of(4);
    let launch = Launch::new(vec![File::Prelude, file], workgroup(x) as u32).flag("VECTOR", vector);
    (launch, if vector { 4 } else { 1 })
}

/// Invocations of a workgroup that share nothing.
fn workgroup(x: &CubeTensor) -> usize {
    match kind_of(&x.device) {
        Kind::Software => 16,
        Kind::Hardware => 64,
    }
}

/// The first words of `Info` in the kernels over windows.
fn window_words(window: &Window) -> [u32; 8] {
    [
        window.height,
        window.width,
        window.kernel,
        window.stride,
        window.above,
        window.left,
        window.rows,
        window.columns,
    ]
    .map(|n| n as u32)
}
