//! Depthwise convolution: a few channels at a time, whose sums stay in registers.

use super::activation::activate;
use super::for_chunks;
use super::wide::wide;
use crate::ops::depthwise::DepthwiseSpec;
use crate::ops::window::Window;

/// Channels whose sums are kept at once.
const LANES: usize = 16;

pub fn depthwise(x: &[f32], weight: &[f32], bias: &[f32], spec: &DepthwiseSpec) -> Vec<f32> {
    let (channels, window) = (bias.len(), &spec.window);
    let maps = x.len() / (window.inputs() * channels);
    let mut out = vec![0.0; maps * window.outputs() * channels];
    // One job is a row of windows.
    for_chunks(&mut out, window.columns * channels, |job, out| {
        let (map, row) = (job / window.rows, job % window.rows);
        let map = &x[map * window.inputs() * channels..][..window.inputs() * channels];
        window_row(map, weight, bias, window, row, out);
        if let Some(activation) = spec.activation {
            activate(out, activation);
        }
    });
    out
}

wide! {
    fn window_row(
        map: &[f32],
        weight: &[f32],
        bias: &[f32],
        window: &Window,
        row: usize,
        out: &mut [f32],
    ) {
        let channels = bias.len();
        let side = window.kernel;
        // The parts of the windows that lie on the map.
        let on_map = |begin: usize, before: usize, size: usize| {
            let first = before.saturating_sub(begin);
            (first, (size + before).saturating_sub(begin).min(side))
        };
        let top = row * window.stride;
        let (first_y, end_y) = on_map(top, window.above, window.height);
        for (column, out) in out.chunks_exact_mut(channels).enumerate() {
            let left = column * window.stride;
            let (first_x, end_x) = on_map(left, window.left, window.width);
            let mut start = 0;
            while start < channels {
                let count = LANES.min(channels - start);
                let mut sums = [0.0_f32; LANES];
                sums[..count].copy_from_slice(&bias[start..][..count]);
                for ky in first_y..end_y {
                    let line = (top + ky - window.above) * window.width;
                    for kx in first_x..end_x {
                        let from = (line + left + kx - window.left) * channels + start;
                        let tap = (ky * side + kx) * channels + start;
                        let (x, w) = (&map[from..][..count], &weight[tap..][..count]);
                        // Of a known length, so that the sums are vectors.
                        match (<&[f32; LANES]>::try_from(x), <&[f32; LANES]>::try_from(w)) {
                            (Ok(x), Ok(w)) => {
                                for i in 0..LANES {
                                    sums[i] += x[i] * w[i];
                                }
                            }
                            _ => {
                                for ((sum, x), w) in sums.iter_mut().zip(x).zip(w) {
                                    *sum += x * w;
                                }
                            }
                        }
                    }
                }
                out[start..][..count].copy_from_slice(&sums[..count]);
                start += count;
            }
        }
    }
}
