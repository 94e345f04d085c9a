//! Launches of a linear layer's derivatives: `shaders/linear_input_gradient.wgsl`,
//! `shaders/linear_weight_gradient.wgsl` and `shaders/column_sums.wgsl`.

use burn_cubecl::tensor::CubeTensor;

use super::launch::{Launch, contiguous, empty, shape, zeros};
use super::linear::Stored;
use super::text::File;
use crate::ops::linear::LinearSpec;
use crate::tensors::Packing;

const VECTORS: &str = "array<vec4<f32>>";
const FLOATS: &str = "array<f32>";

/// How a matrix is read whose rows are of whole vectors or not.
fn kind(vectors: bool) -> &'static str {
    if vectors { VECTORS } else { FLOATS }
}

/// `grad · W`, `[rows, in]`.
pub fn input_gradient(grad: CubeTensor, weight: Stored, spec: LinearSpec) -> CubeTensor {
    let grad = contiguous(grad);
    let [rows, columns] = shape(&grad);
    assert_eq!(columns, spec.out_features, "columns of the gradient");
    let depth = spec.in_features;
    if columns == 0 {
        return zeros(&grad, [rows, depth]);
    }
    let eighths = depth.is_multiple_of(8);
    let quads = columns.is_multiple_of(4);
    let scaled = matches!(spec.packing, Some(Packing::Q8 | Packing::Q4));

    let (weight_file, weight_kind) = match spec.packing {
        None => (File::WeightFloat, kind(eighths)),
        Some(Packing::F16) if eighths => (File::WeightF16, "array<vec4<u32>>"),
        Some(Packing::F16) => (File::WeightF16, "array<u32>"),
        Some(Packing::Q8) => (File::WeightQ8, "array<vec2<u32>>"),
        Some(Packing::Q4) => (File::WeightQ4, "array<u32>"),
    };
    let mut files = vec![File::Prelude, weight_file];
    if scaled {
        files.push(File::WeightScales);
    }
    files.push(File::LinearInputGradient);

    let mut launch = Launch::new(files, 128)
        .flag("EIGHTHS", eighths)
        .flag("QUADS", quads)
        .input("grad", kind(quads), &grad);
    launch = match weight {
        Stored::Float(weight) => launch.input("weight", weight_kind, &contiguous(weight)),
        Stored::Packed { words, scales } => {
            let launch = launch.input("weight", weight_kind, &contiguous(words));
            if scaled {
                launch.input("scales", "array<u32>", &contiguous(scales))
            } else {
                launch
            }
        }
    };
    let info = [rows, depth, columns, depth.div_ceil(8)].map(|n| n as u32);
    let workgroups = rows.div_ceil(64) * depth.div_ceil(64);
    launch.run(kind(eighths), [rows, depth], &grad, &info, workgroups)
}

/// `gradᵀ · x`, `[out, in]`.
pub fn weight_gradient(grad: CubeTensor, x: CubeTensor, spec: LinearSpec) -> CubeTensor {
    let (grad, x) = (contiguous(grad), contiguous(x));
    let rows = shape(&grad)[0];
    let (columns, depth) = (spec.out_features, spec.in_features);
    let tiles = columns.div_ceil(64) * depth.div_ceil(64);
    let part = rows_of_part(rows, tiles, columns * depth);
    let parts = rows.div_ceil(part).max(1);
    let (quads, fourths) = (columns.is_multiple_of(4), depth.is_multiple_of(4));

    let out = if parts == 1 {
        empty(&x, [columns, depth])
    } else {
        empty(&x, [parts, columns * depth])
    };
    let info = [rows, depth, columns, part].map(|n| n as u32);
    Launch::new(vec![File::Prelude, File::LinearWeightGradient], 128)
        .flag("QUADS", quads)
        .flag("FOURTHS", fourths)
        .input("grad", kind(quads), &grad)
        .input("x", kind(fourths), &x)
        .output("out", kind(fourths), &out)
        .dispatch(&x, &info, tiles * parts);
    if parts == 1 {
        return out;
    }
    let sum = empty(&x, [columns, depth]);
    sum_into(&out, &sum);
    sum
}

/// Rows of a part of the sum of a weight's derivative: as many parts as keep a GPU busy with
/// these tiles, but none of few rows, and no more numbers than the smallest binding holds.
fn rows_of_part(rows: usize, tiles: usize, numbers: usize) -> usize {
    const BUSY: usize = 512;
    const LEAST_ROWS: usize = 128;
    const MOST_NUMBERS: usize = (32 << 20) / 4;
    let parts = BUSY
        .div_ceil(tiles.max(1))
        .min(MOST_NUMBERS / numbers.max(1))
        .clamp(1, SUMMED);
    rows.div_ceil(parts).next_multiple_of(32).max(LEAST_ROWS)
}

/// Rows that are added up at once.
const SUMMED: usize = 64;

/// The sums of the columns of a matrix, `[columns]`.
pub fn column_sums(x: CubeTensor) -> CubeTensor {
    let mut x = contiguous(x);
    let [mut rows, columns] = shape(&x);
    while rows > SUMMED {
        rows = rows.div_ceil(SUMMED);
        let sums = empty(&x, [rows, columns]);
        sum_into(&x, &sums);
        x = sums;
    }
    if rows == 0 {
        return zeros(&x, [columns]);
    }
    let sum = empty(&x, [columns]);
    sum_into(&x, &sum);
    sum
}

/// Adds up groups of [`SUMMED`] rows.
fn sum_into(x: &CubeTensor, out: &CubeTensor) {
    const WORKGROUP: usize = 64;
    let [rows, columns] = shape(x);
    let vectors = columns.is_multiple_of(4);
    let values = if vectors { columns / 4 } else { columns };
    Launch::new(vec![File::Prelude, File::ColumnSums], WORKGROUP as u32)
        .flag("VECTOR", vectors)
        .constant("ROWS", SUMMED)
        .input("x", kind(vectors), x)
        .output("out", kind(vectors), out)
        .dispatch(
            x,
            &[rows as u32, values as u32],
            (rows.div_ceil(SUMMED) * values).div_ceil(WORKGROUP),
        );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_weights_derivative_cover_all_rows_and_are_summed_at_once() {
        for rows in [0, 1, 31, 128, 129, 4000, 100_000] {
            for tiles in [1, 9, 27, 600, 4096] {
                let part = rows_of_part(rows, tiles, tiles * 4096);
                let parts = rows.div_ceil(part).max(1);
                assert!(parts <= SUMMED && parts * part >= rows);
                assert!(parts == 1 || parts * tiles * 4096 * 4 <= 32 << 20);
            }
        }
    }
}
