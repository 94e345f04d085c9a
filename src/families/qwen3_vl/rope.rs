//! Rotary angles of both towers, computed on the host.

use burn::tensor::{Device, Tensor, TensorData};

use crate::families::Grid;
use crate::ops::Rotary;

/// `base^(-2i/dim)` for `i` below `dim / 2`, in f32 like the family's own code.
fn inverse_frequencies(base: f64, dim: usize) -> Vec<f32> {
    (0..dim / 2)
        .map(|i| 1.0 / (base as f32).powf((2 * i) as f32 / dim as f32))
        .collect()
}

/// Angles of every row as cosines and sines.
fn rotary(angles: Vec<f32>, rows: usize, device: &Device) -> Rotary {
    let half = angles.len() / rows;
    let upload = |f: fn(f32) -> f32| -> Tensor<2> {
        let values: Vec<f32> = angles.iter().map(|&a| f(a)).collect();
        Tensor::from_data(TensorData::new(values, [rows, half]), device)
    };
    Rotary {
        cos: upload(f32::cos),
        sin: upload(f32::sin),
    }
}

/// 2-D rotary of the vision tower: the first half of a head's frequencies turns with the patch's
/// row, the second with its column.
pub fn vision_rotary(
    grids: &[Grid],
    merge: usize,
    head_dim: usize,
    base: f64,
    device: &Device,
) -> Rotary {
    let frequencies = inverse_frequencies(base, head_dim / 2);
    let mut angles = Vec::new();
    let mut rows = 0;
    for (y, x) in grids.iter().flat_map(|&grid| patch_places(grid, merge)) {
        angles.extend(frequencies.iter().map(|f| y as f32 * f));
        angles.extend(frequencies.iter().map(|f| x as f32 * f));
        rows += 1;
    }
    rotary(angles, rows, device)
}

/// Interleaved M-RoPE of the decoder: the frequencies take time, height and width in turn, as
/// far as each one's section reaches; time takes the rest.
pub fn text_rotary(
    positions: &[[u32; 3]],
    sections: [usize; 3],
    head_dim: usize,
    base: f64,
    device: &Device,
) -> Rotary {
    let frequencies = inverse_frequencies(base, head_dim);
    let axis: Vec<usize> = (0..head_dim / 2).map(|i| axis_of(i, sections)).collect();
    let mut angles = Vec::with_capacity(positions.len() * frequencies.len());
    for position in positions {
        angles.extend(
            frequencies
                .iter()
                .zip(&axis)
                .map(|(f, &axis)| position[axis] as f32 * f),
        );
    }
    rotary(angles, positions.len(), device)
}

/// Which of time (0), height (1) and width (2) turns frequency `i`.
fn axis_of(i: usize, sections: [usize; 3]) -> usize {
    match i % 3 {
        axis @ (1 | 2) if i < sections[axis].saturating_mul(3) => axis,
        _ => 0,
    }
}

/// Row and column of every patch of an image, in the order of the patches: squares of
/// `merge × merge` patches, row by row, and within each row by row.
pub fn patch_places(grid: Grid, merge: usize) -> impl Iterator<Item = (usize, usize)> {
    let (blocks_down, blocks_across) = (grid.h / merge, grid.w / merge);
    (0..grid.t * blocks_down).flat_map(move |block_y| {
        (0..blocks_across).flat_map(move |block_x| {
            (0..merge * merge).map(move |within| {
                let y = (block_y % blocks_down) * merge + within / merge;
                (y, block_x * merge + within % merge)
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_go_square_by_square() {
        let grid = Grid { t: 1, h: 2, w: 4 };
        let places: Vec<_> = patch_places(grid, 2).collect();
        assert_eq!(
            places,
            [
                (0, 0),
                (0, 1),
                (1, 0),
                (1, 1),
                (0, 2),
                (0, 3),
                (1, 2),
                (1, 3)
            ]
        );
    }

    #[test]
    fn sections_interleave_and_time_takes_the_rest() {
        let axes: Vec<_> = (0..8).map(|i| axis_of(i, [4, 2, 2])).collect();
        assert_eq!(axes, [0, 1, 2, 0, 1, 2, 0, 0]);
    }
}
