//! Launches of the kernels over rows: `shaders/norm.wgsl` and `shaders/norm_rotary.wgsl`.

use burn_cubecl::tensor::CubeTensor;

use super::adapter::{Kind, kind_of};
use super::launch::{Launch, contiguous, shape};
use super::text::File;
use crate::ops::rotary::RotarySpec;

/// Invocations of a workgroup, and how many of them work on one row.
pub fn lanes(tensor: &CubeTensor) -> (usize, usize) {
    match kind_of(&tensor.device) {
        Kind::Software => (16, 1),
        Kind::Hardware => (64, 64),
    }
}

/// A kernel over rows with what `shaders/rows_common.wgsl` asks for.
pub fn rows_kernel(file: File, (workgroup, lanes): (usize, usize), vector: bool) -> Launch {
    let files = vec![File::Prelude, File::RowsCommon, file];
    Launch::new(files, workgroup as u32)
        .constant("LANES", lanes)
        .flag("SHARED", lanes > 1)
        .flag("VECTOR", vector)
}

/// RMSNorm without `bias`, LayerNorm with it.
pub fn norm(
    x: CubeTensor,
    weight: CubeTensor,
    bias: Option<CubeTensor>,
    epsilon: f32,
) -> CubeTensor {
    let (x, weight) = (contiguous(x), contiguous(weight));
    let [rows, width] = shape(&x);
    let vector = width.is_multiple_of(4);
    let (workgroup, lanes) = lanes(&x);
    let mut launch = rows_kernel(File::Norm, (workgroup, lanes), vector)
        .flag("CENTRED", bias.is_some())
        .input("x", "array<Value>", &x)
        .input("weight", "array<Value>", &weight);
    if let Some(bias) = bias {
        launch = launch.input("bias", "array<Value>", &contiguous(bias));
    }
    let values = if vector { width / 4 } else { width };
    let info = [rows as u32, width as u32, values as u32, epsilon.to_bits()];
    let workgroups = rows.div_ceil(workgroup / lanes);
    launch.run("array<Value>", [rows, width], &x, &info, workgroups)
}

pub fn norm_rotary(
    x: CubeTensor,
    weight: CubeTensor,
    cos: CubeTensor,
    sin: CubeTensor,
    spec: RotarySpec,
) -> CubeTensor {
    let (x, cos, sin) = (contiguous(x), contiguous(cos), contiguous(sin));
    let [rows, stride] = shape(&x);
    let half = spec.head_dim / 2;
    let vector = [half, stride, spec.offset]
        .iter()
        .all(|n| n.is_multiple_of(4));
    let unit = if vector { 4 } else { 1 };
    let (workgroup, lanes) = lanes(&x);
    let mut launch = rows_kernel(File::NormRotary, (workgroup, lanes), vector)
        .flag("NORM", spec.norm_epsilon.is_some())
        .input("x", "array<Value>", &x);
    if spec.norm_epsilon.is_some() {
        launch = launch.input("weight", "array<Value>", &contiguous(weight));
    }
    let number = rows * spec.heads;
    let info = [
        number as u32,
        spec.heads as u32,
        (half / unit) as u32,
        (stride / unit) as u32,
        (spec.offset / unit) as u32,
        (spec.head_dim as f32).to_bits(),
        spec.norm_epsilon.unwrap_or(0.0).to_bits(),
    ];
    launch
        .input("cosines", "array<Value>", &cos)
        .input("sines", "array<Value>", &sin)
        .run(
            "array<Value>",
            [rows, spec.heads * spec.head_dim],
            &x,
            &info,
            number.div_ceil(workgroup / lanes),
        )
}
