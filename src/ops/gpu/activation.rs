//! Launches of activations by themselves and of their derivatives: `shaders/activated.wgsl`.

use burn_cubecl::tensor::CubeTensor;

use super::launch::{Launch, contiguous, empty, shape};
use super::linear::activation_flag;
use super::text::File;
use crate::ops::activation::ActivationSpec;

const WORKGROUP: usize = 64;

pub fn activated(x: CubeTensor, factor: CubeTensor, spec: ActivationSpec) -> CubeTensor {
    let (x, factor) = (contiguous(x), contiguous(factor));
    let (kind, values) = kind_and_count(&x);
    let mut launch = kernel(&spec, kind).input("x", kind, &x);
    if spec.multiply {
        launch = launch.input("factor", kind, &factor);
    }
    let workgroups = values.div_ceil(WORKGROUP);
    launch.run(kind, shape(&x), &x, &[values as u32], workgroups)
}

/// Derivatives by `x` and `factor`.
pub fn derivatives(
    x: CubeTensor,
    factor: CubeTensor,
    grad: CubeTensor,
    spec: ActivationSpec,
    [wants_x, wants_factor]: [bool; 2],
) -> [Option<CubeTensor>; 2] {
    let wants_factor = wants_factor && spec.multiply;
    let [x, factor, grad] = [x, factor, grad].map(contiguous);
    let (kind, values) = kind_and_count(&x);
    let reads_factor = spec.multiply && wants_x;
    let dx = wants_x.then(|| empty(&x, shape(&x)));
    let dfactor = wants_factor.then(|| empty(&x, shape(&x)));
    if dx.is_none() && dfactor.is_none() {
        return [None, None];
    }
    let spec = ActivationSpec {
        multiply: reads_factor,
        ..spec
    };
    let mut launch = kernel(&spec, kind)
        .flag("SLOPE", true)
        .flag("DX", wants_x)
        .flag("DFACTOR", wants_factor)
        .input("x", kind, &x);
    if reads_factor {
        launch = launch.input("factor", kind, &factor);
    }
    launch = launch.input("grad", kind, &grad);
    if let Some(dx) = &dx {
        launch = launch.output("dx", kind, dx);
    }
    if let Some(dfactor) = &dfactor {
        launch = launch.output("dfactor", kind, dfactor);
    }
    launch.dispatch(&x, &[values as u32], values.div_ceil(WORKGROUP));
    [dx, dfactor]
}

fn kernel(spec: &ActivationSpec, kind: &str) -> Launch {
    let files = vec![File::Prelude, File::Activation, File::Activated];
    Launch::new(files, WORKGROUP as u32)
        .flag("VECTOR", kind == VECTORS)
        .flag("MULTIPLY", spec.multiply)
        .flag(activation_flag(Some(spec.activation)), true)
}

const VECTORS: &str = "array<vec4<f32>>";

/// How values are read, and how many there are.
fn kind_and_count(x: &CubeTensor) -> (&'static str, usize) {
    let [rows, columns] = shape(x);
    let floats = rows * columns;
    if floats.is_multiple_of(4) {
        (VECTORS, floats / 4)
    } else {
        ("array<f32>", floats)
    }
}
