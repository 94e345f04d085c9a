//! Launches of the linear kernels: `shaders/linear_*.wgsl` with one of `shaders/weight_*.wgsl`.

use burn_cubecl::tensor::CubeTensor;

use super::adapter::{Kind, kind_of};
use super::launch::{Launch, contiguous, shape};
use super::text::File;
use crate::ops::Activation;
use crate::ops::linear::{CombineKind, LinearSpec};
use crate::tensors::Packing;

/// The weight as it is stored.
#[expect(
    clippy::large_enum_variant,
    reason = "a few handles, made once for a launch"
)]
pub enum Stored {
    Float(CubeTensor),
    Packed {
        words: CubeTensor,
        scales: CubeTensor,
    },
}

/// Rows up to which the kernel for few rows is chosen on GPUs.
const FEW_ROWS: usize = 8;

/// Invocations in a workgroup of the kernel for software adapters: what they compute at once.
const LANES: usize = 8;

pub fn linear(
    x: CubeTensor,
    weight: Stored,
    bias: CubeTensor,
    other: CubeTensor,
    spec: LinearSpec,
) -> CubeTensor {
    let x = contiguous(x);
    let [rows, depth] = shape(&x);
    assert_eq!(depth, spec.in_features, "columns of x");
    let columns = spec.out_features;
    let eighths = depth.is_multiple_of(8);
    let quads = columns.is_multiple_of(4);

    let plan = Plan::new(kind_of(&x.device), rows, columns);

    let mut files = vec![File::Prelude, File::LinearCommon];
    files.push(match spec.packing {
        None => File::WeightFloat,
        Some(Packing::F16) => File::WeightF16,
        Some(Packing::Q8) => File::WeightQ8,
        Some(Packing::Q4) => File::WeightQ4,
    });
    let scaled = matches!(spec.packing, Some(Packing::Q8 | Packing::Q4));
    if scaled {
        files.push(File::WeightScales);
    }
    files.push(plan.body);

    let x_type = if eighths {
        "array<vec4<f32>>"
    } else {
        "array<f32>"
    };
    let weight_type = match spec.packing {
        None => x_type,
        Some(Packing::F16) if eighths => "array<vec4<u32>>",
        Some(Packing::F16) => "array<u32>",
        Some(Packing::Q8) => "array<vec2<u32>>",
        Some(Packing::Q4) => "array<u32>",
    };
    let column_type = if quads {
        "array<vec4<f32>>"
    } else {
        "array<f32>"
    };

    let mut launch = Launch::new(files, plan.workgroup)
        .constant("ROWS", plan.rows)
        .constant("GROUPS", plan.groups)
        .flag("EIGHTHS", eighths)
        .flag("QUADS", quads)
        .flag("BIAS", spec.bias)
        .flag("ADD", spec.combine == CombineKind::Add)
        .flag("MULTIPLY", spec.combine == CombineKind::Multiply)
        .flag(activation_flag(spec.activation), true)
        .input("x", x_type, &x);
    launch = match weight {
        Stored::Float(weight) => launch.input("weight", weight_type, &contiguous(weight)),
        Stored::Packed { words, scales } => {
            let launch = launch.input("weight", weight_type, &contiguous(words));
            if scaled {
                launch.input("scales", "array<u32>", &contiguous(scales))
            } else {
                launch
            }
        }
    };
    if spec.bias {
        launch = launch.input("bias", column_type, &contiguous(bias));
    }
    if spec.combine != CombineKind::Nothing {
        launch = launch.input("other", column_type, &contiguous(other));
    }
    let info = [rows, depth, columns, depth.div_ceil(8)].map(|n| n as u32);
    launch.run(column_type, [rows, columns], &x, &info, plan.workgroups)
}

/// Which kernel computes a product, and in which tiles.
struct Plan {
    body: File,
    /// Invocations in a workgroup.
    workgroup: u32,
    /// Rows that an invocation computes, or a workgroup in the tiled kernel.
    rows: usize,
    /// Groups of four columns that an invocation computes.
    groups: usize,
    workgroups: usize,
}

impl Plan {
    fn new(kind: Kind, rows: usize, columns: usize) -> Self {
        match kind {
            Kind::Software => {
                let tile = tile_rows(rows, 16);
                let down = rows.div_ceil(tile);
                let groups = column_groups(down, columns);
                let tiles = down * columns.div_ceil(4 * groups);
                Self {
                    body: File::LinearRegister,
                    workgroup: LANES as u32,
                    rows: tile,
                    groups,
                    workgroups: tiles.div_ceil(LANES),
                }
            }
            Kind::Hardware if rows <= FEW_ROWS => {
                let tile = tile_rows(rows, FEW_ROWS);
                Self {
                    body: File::LinearRows,
                    workgroup: 64,
                    rows: tile,
                    groups: 1,
                    workgroups: rows.div_ceil(tile) * columns.div_ceil(4),
                }
            }
            Kind::Hardware => Self {
                body: File::LinearTiled,
                workgroup: 128,
                rows: 64,
                groups: 1,
                workgroups: rows.div_ceil(64) * columns.div_ceil(64),
            },
        }
    }
}

/// A power of two of rows: enough for all, but no more than `most`.
fn tile_rows(rows: usize, most: usize) -> usize {
    rows.next_power_of_two().min(most)
}

/// Groups of four columns in a tile of the kernel for software adapters, of which `down` lie below
/// each other: the larger the tile, the fewer loads; but there should be work for several cores,
/// and a driver takes up to a second to compile the largest, which only large products win back.
fn column_groups(down: usize, columns: usize) -> usize {
    const ENOUGH_WORKGROUPS: usize = 12;
    if down * columns.div_ceil(16) >= ENOUGH_WORKGROUPS * LANES {
        4
    } else if columns > 4 {
        2
    } else {
        1
    }
}

pub fn activation_flag(activation: Option<Activation>) -> &'static str {
    match activation {
        None => "IDENTITY",
        Some(Activation::Gelu) => "GELU",
        Some(Activation::GeluPytorchTanh) => "GELU_TANH",
        Some(Activation::QuickGelu) => "QUICK_GELU",
        Some(Activation::Silu) => "SILU",
        Some(Activation::Relu) => "RELU",
        Some(Activation::Relu6) => "RELU6",
    }
}
