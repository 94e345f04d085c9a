//! Depthwise convolution: a few channels at a time, whose sums stay in registers.

use std::ops::Range;

use super::activation::activate;
use super::for_chunks;
use super::wide::wide;
use crate::ops::depthwise::DepthwiseSpec;
use crate::ops::window::Window;

/// Channels whose sums are kept at once: two vectors of each window.
const LANES: usize = if cfg!(target_family = "wasm") { 8 } else { 16 };

/// Windows beside each other whose sums are kept at once, so that a weight is read once for all of them and no sum waits
/// for the one before.
const WINDOWS: usize = 4;

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
        let whole = |column: usize| column < window.columns && columns(window, column).len() == window.kernel;
        let (mut column, mut taps) = (0, Vec::new());
        while column < window.columns {
            list_taps(window, row, column, channels, &mut taps);
            if whole(column) && whole(column + WINDOWS - 1) {
                let out = &mut out[column * channels..][..WINDOWS * channels];
                windows::<WINDOWS>(map, weight, bias, &taps, window.stride * channels, out);
                column += WINDOWS;
            } else {
                let out = &mut out[column * channels..][..channels];
                windows::<1>(map, weight, bias, &taps, 0, out);
                column += 1;
            }
        }
    }
}

/// A place of a window that lies on the map: where its channels are in the map, and where their weights are.
struct Tap {
    from: usize,
    weight: usize,
}

/// The taps of a window, line by line.
fn list_taps(window: &Window, row: usize, column: usize, channels: usize, taps: &mut Vec<Tap>) {
    let (top, left) = (row * window.stride, column * window.stride);
    taps.clear();
    for ky in on_map(top, window.above, window.height, window.kernel) {
        let line = (top + ky - window.above) * window.width;
        for kx in columns(window, column) {
            taps.push(Tap {
                from: (line + left + kx - window.left) * channels,
                weight: (ky * window.kernel + kx) * channels,
            });
        }
    }
}

/// The columns of a window that lie on the map.
fn columns(window: &Window, column: usize) -> Range<usize> {
    on_map(
        column * window.stride,
        window.left,
        window.width,
        window.kernel,
    )
}

/// The part on the map of a window that begins here, where so many zeros lie before the map.
fn on_map(begin: usize, before: usize, size: usize, kernel: usize) -> Range<usize> {
    let first = before.saturating_sub(begin);
    first..(size + before).saturating_sub(begin).min(kernel).max(first)
}

/// `COUNT` windows beside each other, each `step` values further in the map than the one before.
#[inline(always)]
fn windows<const COUNT: usize>(
    map: &[f32],
    weight: &[f32],
    bias: &[f32],
    taps: &[Tap],
    step: usize,
    out: &mut [f32],
) {
    let channels = bias.len();
    let whole = channels / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        let mut sums = [[0.0_f32; LANES]; COUNT];
        for sums in &mut sums {
            sums.copy_from_slice(&bias[start..][..LANES]);
        }
        for tap in taps {
            let weight = &weight[tap.weight + start..][..LANES];
            for (number, sums) in sums.iter_mut().enumerate() {
                let x = &map[tap.from + start + number * step..][..LANES];
                for i in 0..LANES {
                    sums[i] += x[i] * weight[i];
                }
            }
        }
        for (number, sums) in sums.iter().enumerate() {
            out[number * channels + start..][..LANES].copy_from_slice(sums);
        }
    }
    // The channels that fill no vector.
    let rest = channels - whole;
    for number in 0..COUNT {
        let mut sums = [0.0_f32; LANES];
        sums[..rest].copy_from_slice(&bias[whole..]);
        for tap in taps {
            let x = &map[tap.from + whole + number * step..][..rest];
            let weight = &weight[tap.weight + whole..][..rest];
            for ((sum, x), weight) in sums.iter_mut().zip(x).zip(weight) {
                *sum += x * weight;
            }
        }
        out[number * channels + whole..][..rest].copy_from_slice(&sums[..rest]);
    }
}
