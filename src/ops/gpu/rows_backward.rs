//! Launches of the derivatives of the operations over rows: `shaders/norm_backward.wgsl` and
//! `shaders/norm_rotary_backward.wgsl`.

use burn_cubecl::tensor::CubeTensor;

use super::launch::{contiguous, empty, shape, zeros};
use super::linear_backward::column_sums;
use super::norm::{lanes, rows_kernel};
use super::text::File;
use crate::ops::backward::RotaryOperands;
use crate::ops::rotary::RotarySpec;

const VALUES: &str = "array<Value>";

/// Derivatives by `x` and weight: of LayerNorm if `centred`, else of RMSNorm.
pub fn norm(
    x: CubeTensor,
    weight: CubeTensor,
    grad: CubeTensor,
    centred: bool,
    epsilon: f32,
    [wants_x, wants_weight]: [bool; 2],
) -> [Option<CubeTensor>; 2] {
    if !wants_x && !wants_weight {
        return [None, None];
    }
    let [x, weight, grad] = [x, weight, grad].map(contiguous);
    let [rows, width] = shape(&x);
    let vector = width.is_multiple_of(4);
    let (workgroup, lanes) = lanes(&x);
    let dx = wants_x.then(|| empty(&x, [rows, width]));
    let products = wants_weight.then(|| empty(&x, [rows, width]));
    let mut launch = rows_kernel(File::NormBackward, (workgroup, lanes), vector)
        .flag("CENTRED", centred)
        .flag("DX", wants_x)
        .flag("PRODUCTS", wants_weight)
        .input("x", VALUES, &x);
    if wants_x {
        launch = launch.input("weight", VALUES, &weight);
    }
    launch = launch.input("grad", VALUES, &grad);
    if let Some(dx) = &dx {
        launch = launch.output("dx", VALUES, dx);
    }
    if let Some(products) = &products {
        launch = launch.output("products", VALUES, products);
    }
    let values = if vector { width / 4 } else { width };
    let info = [rows as u32, width as u32, values as u32, epsilon.to_bits()];
    launch.dispatch(&x, &info, rows.div_ceil(workgroup / lanes));
    [dx, products.map(column_sums)]
}

/// Derivatives by `x`, as wide as it, and by the weight of the norm.
pub fn norm_rotary(
    operands: RotaryOperands<burn_cubecl::CubeBackend>,
    grad: CubeTensor,
    spec: RotarySpec,
    [wants_x, wants_weight]: [bool; 2],
) -> [Option<CubeTensor>; 2] {
    let wants_weight = wants_weight && spec.norm_epsilon.is_some();
    if !wants_x && !wants_weight {
        return [None, None];
    }
    let RotaryOperands {
        x,
        weight,
        cos,
        sin,
    } = operands;
    let [x, cos, sin, grad] = [x, cos, sin, grad].map(contiguous);
    let [rows, stride] = shape(&x);
    let columns = spec.heads * spec.head_dim;
    let half = spec.head_dim / 2;
    let vector = [half, stride, spec.offset]
        .iter()
        .all(|n| n.is_multiple_of(4));
    let unit = if vector { 4 } else { 1 };
    let (workgroup, lanes) = lanes(&x);
    let norm = spec.norm_epsilon.is_some();
    let number = rows * spec.heads;
    let dx = wants_x.then(|| {
        if stride == columns {
            empty(&x, [rows, stride])
        } else {
            zeros(&x, [rows, stride])
        }
    });
    let products = wants_weight.then(|| empty(&x, [number, spec.head_dim]));

    let mut launch = rows_kernel(File::NormRotaryBackward, (workgroup, lanes), vector)
        .flag("NORM", norm)
        .flag("DX", wants_x)
        .flag("PRODUCTS", wants_weight);
    if norm {
        launch = launch.input("x", VALUES, &x);
        if wants_x {
            launch = launch.input("weight", VALUES, &contiguous(weight));
        }
    }
    launch = launch
        .input("cosines", VALUES, &cos)
        .input("sines", VALUES, &sin)
        .input("grad", VALUES, &grad);
    if let Some(dx) = &dx {
        launch = launch.output("dx", VALUES, dx);
    }
    if let Some(products) = &products {
        launch = launch.output("products", VALUES, products);
    }
    let info = [
        number as u32,
        spec.heads as u32,
        (half / unit) as u32,
        (stride / unit) as u32,
        (spec.offset / unit) as u32,
        (spec.head_dim as f32).to_bits(),
        spec.norm_epsilon.unwrap_or(0.0).to_bits(),
    ];
    launch.dispatch(&x, &info, number.div_ceil(workgroup / lanes));
    [dx, products.map(column_sums)]
}
