//! RMSNorm and LayerNorm.

use super::for_chunks;
use super::lanes::{sum, sum_of_squares};
use super::wide::wide;

pub fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32) -> Vec<f32> {
    let width = weight.len();
    let mut out = vec![0.0; x.len()];
    for_chunks(&mut out, width, |row, out| {
        rms_norm_row(&x[row * width..][..width], weight, epsilon, out);
    });
    out
}

pub fn layer_norm(x: &[f32], weight: &[f32], bias: &[f32], epsilon: f32) -> Vec<f32> {
    let width = weight.len();
    let mut out = vec![0.0; x.len()];
    for_chunks(&mut out, width, |row, out| {
        layer_norm_row(&x[row * width..][..width], weight, bias, epsilon, out);
    });
    out
}

wide! {
    fn rms_norm_row(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
        let scale = 1.0 / (sum_of_squares(x) / x.len() as f32 + epsilon).sqrt();
        for ((y, x), w) in out.iter_mut().zip(x).zip(weight) {
            *y = x * scale * w;
        }
    }

    fn layer_norm_row(x: &[f32], weight: &[f32], bias: &[f32], epsilon: f32, out: &mut [f32]) {
        let mean = sum(x) / x.len() as f32;
        for (y, x) in out.iter_mut().zip(x) {
            *y = x - mean;
        }
        let scale = 1.0 / (sum_of_squares(out) / x.len() as f32 + epsilon).sqrt();
        for ((y, w), b) in out.iter_mut().zip(weight).zip(bias) {
            *y = *y * scale * w + b;
        }
    }
}
