//! Windows over feature maps: each row of a window is one stretch of the map.

use super::for_chunks;
use crate::ops::window::Window;

pub fn windows(x: &[f32], channels: usize, window: &Window) -> Vec<f32> {
    let side = window.kernel;
    let width = side * side * channels;
    let maps = x.len() / (window.inputs() * channels);
    let mut out = vec![0.0; maps * window.outputs() * width];
    // One job is a row of windows.
    for_chunks(&mut out, window.columns * width, |job, out| {
        let (map, row) = (job / window.rows, job % window.rows);
        let map = &x[map * window.inputs() * channels..][..window.inputs() * channels];
        for ky in 0..side {
            let Some(y) = (row * window.stride + ky).checked_sub(window.above) else {
                continue;
            };
            if y >= window.height {
                break;
            }
            let line = &map[y * window.width * channels..][..window.width * channels];
            for (column, out) in out.chunks_exact_mut(width).enumerate() {
                let out = &mut out[ky * side * channels..][..side * channels];
                let begin = column * window.stride;
                // The part of the window's row that lies on the map.
                let first = window.left.saturating_sub(begin);
                let end = (window.width + window.left).saturating_sub(begin).min(side);
                if first < end {
                    let from = (begin + first - window.left) * channels;
                    out[first * channels..end * channels]
                        .copy_from_slice(&line[from..][..(end - first) * channels]);
                }
            }
        }
    });
    out
}
