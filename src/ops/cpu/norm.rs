//! RMSNorm and LayerNorm.

use super::for_chunks;

pub fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32) -> Vec<f32> {
    let width = weight.len();
    let mut out = vec![0.0; x.len()];
    for_chunks(&mut out, width, |row, out| {
        let x = &x[row * width..][..width];
        let scale = 1.0 / (sum_of_squares(x) / width as f32 + epsilon).sqrt();
        for ((y, x), w) in out.iter_mut().zip(x).zip(weight) {
            *y = x * scale * w;
        }
    });
    out
}

pub fn layer_norm(x: &[f32], weight: &[f32], bias: &[f32], epsilon: f32) -> Vec<f32> {
    let width = weight.len();
    let mut out = vec![0.0; x.len()];
    for_chunks(&mut out, width, |row, out| {
        let x = &x[row * width..][..width];
        let mean = sum(x) / width as f32;
        for (y, x) in out.iter_mut().zip(x) {
            *y = x - mean;
        }
        let scale = 1.0 / (sum_of_squares(out) / width as f32 + epsilon).sqrt();
        for ((y, w), b) in out.iter_mut().zip(weight).zip(bias) {
            *y = *y * scale * w + b;
        }
    });
    out
}

/// Sums over eight lanes: vectorised by the compiler, and more exact than one running sum.
fn lanes(x: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; 8];
    let (chunks, rest) = x.as_chunks::<8>();
    for chunk in chunks {
        for (sum, &x) in sums.iter_mut().zip(chunk) {
            *sum += term(x);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|&x| term(x)).sum::<f32>()
}

fn sum(x: &[f32]) -> f32 {
    lanes(x, |x| x)
}

/// `Σ x²`.
pub fn sum_of_squares(x: &[f32]) -> f32 {
    lanes(x, |x| x * x)
}
