//! Linear layers: panels of weight rows, unpacked into a scratch that stays in the cache, one
//! matrix product each, and the epilogue while the panel's results are still warm.

use crate::ops::linear::{CombineKind, LinearSpec, Packing};
use crate::package::config::Activation;

/// The weight's rows as they are stored.
#[derive(Clone, Copy)]
pub enum Rows<'a> {
    Float(&'a [f32]),
    Packed {
        packing: Packing,
        words: &'a [u32],
        scales: &'a [u32],
    },
}

/// Output columns that are computed together. Wide enough that packing `x` again for every
/// panel does not show, narrow enough that an unpacked panel stays in the second-level cache.
const PANEL: usize = 128;

pub fn linear(x: &[f32], weight: Rows, bias: &[f32], other: &[f32], spec: &LinearSpec) -> Vec<f32> {
    let (k, n) = (spec.in_features, spec.out_features);
    let m = x.len() / k;
    let mut out = vec![0.0; m * n];
    let target = Columns {
        values: out.as_mut_ptr(),
        m,
        n,
    };
    let panel = |start: usize, scratch: &mut Vec<f32>| {
        let columns = PANEL.min(n - start);
        let rows: &[f32] = match weight {
            Rows::Float(rows) => &rows[start * k..(start + columns) * k],
            Rows::Packed {
                packing,
                words,
                scales,
            } => {
                scratch.resize(columns * k, 0.0);
                let (w, s) = (packing.words_per_row(k), packing.scale_words_per_row(k));
                for (i, out) in scratch.chunks_mut(k).enumerate() {
                    let row = start + i;
                    let scales = if s == 0 { &[] } else { &scales[row * s..][..s] };
                    packing.unpack_row(&words[row * w..][..w], scales, out);
                }
                scratch
            }
        };
        // SAFETY: every panel has its own columns, so no two write the same value.
        unsafe {
            target.multiply(x, rows, start, columns, k);
            target.epilogue(start, columns, bias, other, spec);
        }
    };
    let starts = n.div_ceil(PANEL);

    #[cfg(feature = "threads")]
    {
        use rayon::prelude::*;
        // A product of fewer multiplications is done before a second thread has woken up.
        const WORTH_SHARING: usize = 1 << 20;
        if m * n * k >= WORTH_SHARING && starts > 1 {
            (0..starts)
                .into_par_iter()
                .for_each_init(Vec::new, |scratch, i| panel(i * PANEL, scratch));
            return out;
        }
    }
    let mut scratch = Vec::new();
    (0..starts).for_each(|i| panel(i * PANEL, &mut scratch));
    out
}

/// The result, written in groups of whole columns.
#[derive(Clone, Copy)]
struct Columns {
    values: *mut f32,
    m: usize,
    n: usize,
}

// SAFETY: the pointer is only used for disjoint columns (see `linear`).
unsafe impl Send for Columns {}
unsafe impl Sync for Columns {}

impl Columns {
    /// Columns `start..start + columns` = `x · rowsᵀ`.
    ///
    /// # Safety
    /// Nobody else may touch these columns, and they must exist.
    unsafe fn multiply(&self, x: &[f32], rows: &[f32], start: usize, columns: usize, k: usize) {
        debug_assert!(start + columns <= self.n && rows.len() == columns * k);
        debug_assert!(x.len() == self.m * k);
        // SAFETY: x is m × k, rows is columns × k read as its transpose, and the target columns
        // lie within the m × n result.
        unsafe {
            gemm::gemm(
                self.m,
                columns,
                k,
                self.values.add(start),
                1,
                self.n as isize,
                false,
                x.as_ptr(),
                1,
                k as isize,
                rows.as_ptr(),
                k as isize,
                1,
                0.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }

    /// Bias, activation and the final sum or product over the same columns.
    ///
    /// # Safety
    /// As for [`multiply`](Self::multiply).
    unsafe fn epilogue(
        &self,
        start: usize,
        columns: usize,
        bias: &[f32],
        other: &[f32],
        spec: &LinearSpec,
    ) {
        if !spec.bias && spec.activation.is_none() && spec.combine == CombineKind::Nothing {
            return;
        }
        for row in 0..self.m {
            let at = row * self.n + start;
            // SAFETY: row < m and start + columns <= n.
            let y = unsafe { std::slice::from_raw_parts_mut(self.values.add(at), columns) };
            if spec.bias {
                y.iter_mut().zip(&bias[start..]).for_each(|(y, b)| *y += b);
            }
            if let Some(activation) = spec.activation {
                activate(y, activation);
            }
            match spec.combine {
                CombineKind::Nothing => {}
                CombineKind::Add => y.iter_mut().zip(&other[at..]).for_each(|(y, o)| *y += o),
                CombineKind::Multiply => y.iter_mut().zip(&other[at..]).for_each(|(y, o)| *y *= o),
            }
        }
    }
}

fn activate(y: &mut [f32], activation: Activation) {
    let apply = |y: &mut [f32], f: fn(f32) -> f32| y.iter_mut().for_each(|y| *y = f(*y));
    match activation {
        Activation::Gelu => apply(y, |x| {
            0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
        }),
        Activation::GeluPytorchTanh => apply(y, |x| {
            // 0.5·(1 + tanh(u)) = σ(2u)
            const TWICE: f32 = 1.595_769;
            x * logistic(TWICE * (x + 0.044715 * x * x * x))
        }),
        Activation::QuickGelu => apply(y, |x| x * logistic(1.702 * x)),
        Activation::Silu => apply(y, |x| x * logistic(x)),
        Activation::Relu => apply(y, |x| x.max(0.0)),
    }
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `e^x` to 2 ulp, without branches or calls, so that loops over it vectorise.
///
/// The usual reduction `x = n·ln 2 + r` with `ln 2` in two parts, and the degree-6 Taylor
/// polynomial in `|r| ≤ ln 2 / 2`.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding and taking away 1.5 · 2^23 rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    p * f32::from_bits(((n as i32 + 127) << 23) as u32)
}

/// The error function to 1.5e-7, Abramowitz and Stegun 7.1.26.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let p = t
        * (0.254_829_6
            + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    (1.0 - p * exp(-a * a)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_ulp_and_saturates() {
        let mut worst: f64 = 0.0;
        for i in -86_000..87_000 {
            let x = i as f32 * 1e-3;
            let exact = (x as f64).exp();
            worst = worst.max(((exp(x) as f64 - exact) / exact).abs());
        }
        assert!(worst < 2.0 * f32::EPSILON as f64, "{worst:e}");
        assert!(exp(-1e9) < 1e-37 && exp(1e9).is_finite());
    }

    #[test]
    fn activations_follow_their_formulas() {
        for i in -600..600 {
            let x = i as f64 / 100.0;
            let gelu_tanh = 0.5
                * x
                * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh());
            let silu = x / (1.0 + (-x).exp());
            for (activation, expected) in [
                (Activation::GeluPytorchTanh, gelu_tanh),
                (Activation::Silu, silu),
                (Activation::Relu, x.max(0.0)),
            ] {
                let mut y = [x as f32];
                activate(&mut y, activation);
                assert!(
                    (y[0] as f64 - expected).abs() < 2e-6,
                    "{activation:?}({x}) = {}",
                    y[0]
                );
            }
        }
        for (x, expected) in [
            (0.5, 0.345_731_23),
            (1.0, 0.841_344_8),
            (-1.0, -0.158_655_26),
            (-3.0, -0.004_049_695),
        ] {
            let mut y = [x];
            activate(&mut y, Activation::Gelu);
            assert!((y[0] - expected).abs() < 5e-7, "gelu({x}) = {}", y[0]);
        }
    }
}
