//! Activations, and the exponential and error function behind them.

use super::wide::wide;
use crate::ops::Activation;

/// `activation(x)` in place.
pub fn activate(y: &mut [f32], activation: Activation) {
    match activation {
        Activation::Gelu => apply(y, gelu),
        Activation::GeluPytorchTanh => apply(y, gelu_tanh),
        Activation::QuickGelu => apply(y, quick_gelu),
        Activation::Silu => apply(y, silu),
        Activation::Relu => apply(y, relu),
        Activation::Relu6 => apply(y, relu6),
    }
}

wide! {
    fn apply(y: &mut [f32], function: impl Fn(f32) -> (f32, f32)) {
        y.iter_mut().for_each(|y| *y = function(*y).0);
    }
}

// Each function gives its value and its slope; where the slope is not used the compiler leaves it
// out.

#[inline(always)]
pub fn gelu(x: f32) -> (f32, f32) {
    /// (2π)^-1/2
    const DENSITY: f32 = 0.398_942_3;
    let bell = exp(-0.5 * x * x);
    let half = 0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2, bell));
    (x * half, half + x * DENSITY * bell)
}

#[inline(always)]
pub fn gelu_tanh(x: f32) -> (f32, f32) {
    // 0.5·(1 + tanh(u)) = σ(2u), and this is 2·(2/π)^1/2.
    const TWICE: f32 = 1.595_769;
    const CUBIC: f32 = 0.044_715;
    let s = logistic(TWICE * (x + CUBIC * x * x * x));
    let inner = TWICE * (1.0 + 3.0 * CUBIC * x * x);
    (x * s, s + x * s * (1.0 - s) * inner)
}

#[inline(always)]
pub fn quick_gelu(x: f32) -> (f32, f32) {
    const STEEP: f32 = 1.702;
    let s = logistic(STEEP * x);
    (x * s, s + STEEP * x * s * (1.0 - s))
}

#[inline(always)]
pub fn silu(x: f32) -> (f32, f32) {
    let s = logistic(x);
    (x * s, s + x * s * (1.0 - s))
}

#[inline(always)]
pub fn relu(x: f32) -> (f32, f32) {
    (x.max(0.0), if x > 0.0 { 1.0 } else { 0.0 })
}

#[inline(always)]
pub fn relu6(x: f32) -> (f32, f32) {
    let inside = x > 0.0 && x < 6.0;
    (x.clamp(0.0, 6.0), if inside { 1.0 } else { 0.0 })
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
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    // The low bits of `rounded` are n; shifted to the exponent, all above them falls off.
    p * f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23))
}

/// The error function to 1.5e-7, Abramowitz and Stegun 7.1.26; `bell` is `e^-x²`.
#[inline(always)]
fn erf(x: f32, bell: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let p = t
        * (0.254_829_6
            + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    (1.0 - p * bell).copysign(x)
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
        for i in -800..800 {
            let x = i as f64 / 100.0;
            let gelu_tanh = 0.5
                * x
                * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh());
            let silu = x / (1.0 + (-x).exp());
            for (activation, expected) in [
                (Activation::GeluPytorchTanh, gelu_tanh),
                (Activation::Silu, silu),
                (Activation::Relu, x.max(0.0)),
                (Activation::Relu6, x.clamp(0.0, 6.0)),
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
