//! Pooling by regions: sums of weighted rows.

use super::for_chunks;
use super::wide::wide;

/// Each map's `regions` rows of `weights` are its own, or those of all maps if there are no more.
pub fn pool_regions(
    x: &[f32],
    weights: &[f32],
    channels: usize,
    [cells, regions]: [usize; 2],
) -> Vec<f32> {
    let (maps, rows) = (x.len() / (cells * channels), weights.len() / cells);
    let mut out = vec![0.0; maps * regions * channels];
    for_chunks(&mut out, channels, |job, out| {
        let (map, region) = (job / regions, job % rows);
        let map = &x[map * cells * channels..][..cells * channels];
        sum_of_cells(map, &weights[region * cells..][..cells], out);
    });
    out
}

wide! {
    fn sum_of_cells(map: &[f32], weights: &[f32], out: &mut [f32]) {
        for (cell, &weight) in map.chunks_exact(out.len()).zip(weights) {
            // Most cells lie outside of a region.
            if weight != 0.0 {
                out.iter_mut().zip(cell).for_each(|(y, x)| *y += weight * x);
            }
        }
    }
}
