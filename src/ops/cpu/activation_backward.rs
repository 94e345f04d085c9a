//! An activation by itself, times a factor, and its derivatives.

use super::activation::{gelu, gelu_tanh, quick_gelu, relu, relu6, silu};
use super::wide::wide;
use super::{MANY_VALUES, for_jobs, pieces};
use crate::ops::Activation;
use crate::ops::activation::ActivationSpec;

/// Values that a thread takes at once.
const CHUNK: usize = 1 << 14;

/// Runs a function over all activations' value and slope, each compiled into loops of its own.
macro_rules! with_function {
    ($activation:expr, $call:ident($($argument:expr),*)) => {
        match $activation {
            Activation::Gelu => $call(gelu, $($argument),*),
            Activation::GeluPytorchTanh => $call(gelu_tanh, $($argument),*),
            Activation::QuickGelu => $call(quick_gelu, $($argument),*),
            Activation::Silu => $call(silu, $($argument),*),
            Activation::Relu => $call(relu, $($argument),*),
            Activation::Relu6 => $call(relu6, $($argument),*),
        }
    };
}

/// `activation(x)`, times `factor` if the spec says so.
pub fn activated(x: &[f32], factor: &[f32], spec: &ActivationSpec) -> Vec<f32> {
    with_function!(spec.activation, forward(x, factor, spec.multiply))
}

/// Derivatives by `x` and `factor`.
pub fn derivatives(
    x: &[f32],
    factor: &[f32],
    grad: &[f32],
    spec: &ActivationSpec,
    wanted: [bool; 2],
) -> [Option<Vec<f32>>; 2] {
    with_function!(
        spec.activation,
        backward(x, factor, grad, spec.multiply, wanted)
    )
}

/// The factor in chunks. Where there is none, its place may be held by a tensor of any size.
fn factors(factor: &[f32], multiply: bool) -> impl Iterator<Item = &[f32]> {
    let present = if multiply { factor } else { &[] };
    present.chunks(CHUNK).chain(std::iter::repeat(&[][..]))
}

fn forward(
    function: impl Fn(f32) -> (f32, f32) + Sync,
    x: &[f32],
    factor: &[f32],
    multiply: bool,
) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    let jobs: Vec<_> = out
        .chunks_mut(CHUNK)
        .zip(x.chunks(CHUNK))
        .zip(factors(factor, multiply))
        .collect();
    let share = x.len() >= MANY_VALUES;
    for_jobs(share, jobs, |((out, x), factor), _: &mut ()| {
        if multiply {
            times(out, x, factor, &function);
        } else {
            alone(out, x, &function);
        }
    });
    out
}

wide! {
    fn alone(out: &mut [f32], x: &[f32], function: impl Fn(f32) -> (f32, f32)) {
        for (y, &x) in out.iter_mut().zip(x) {
            *y = function(x).0;
        }
    }

    fn times(out: &mut [f32], x: &[f32], factor: &[f32], function: impl Fn(f32) -> (f32, f32)) {
        for ((y, &x), f) in out.iter_mut().zip(x).zip(factor) {
            *y = function(x).0 * f;
        }
    }
}

fn backward(
    function: impl Fn(f32) -> (f32, f32) + Sync,
    x: &[f32],
    factor: &[f32],
    grad: &[f32],
    multiply: bool,
    [wants_x, wants_factor]: [bool; 2],
) -> [Option<Vec<f32>>; 2] {
    let wants_factor = wants_factor && multiply;
    let mut dx = vec![0.0; if wants_x { x.len() } else { 0 }];
    let mut dfactor = vec![0.0; if wants_factor { x.len() } else { 0 }];
    let count = x.len().div_ceil(CHUNK);
    let jobs: Vec<_> = pieces(&mut dx, CHUNK, count)
        .zip(pieces(&mut dfactor, CHUNK, count))
        .zip(x.chunks(CHUNK).zip(grad.chunks(CHUNK)))
        .zip(factors(factor, multiply))
        .map(|(((dx, dfactor), (x, grad)), factor)| (dx, dfactor, x, grad, factor))
        .collect();
    let share = x.len() >= MANY_VALUES;
    for_jobs(
        share,
        jobs,
        |(dx, dfactor, x, grad, factor), _: &mut ()| match (wants_x, wants_factor) {
            (true, false) if multiply => by_x_of_product(dx, x, factor, grad, &function),
            (true, false) => by_x(dx, x, grad, &function),
            (true, true) => by_both(dx, dfactor, x, factor, grad, &function),
            (false, true) => by_factor(dfactor, x, grad, &function),
            (false, false) => {}
        },
    );
    [wants_x.then_some(dx), wants_factor.then_some(dfactor)]
}

wide! {
    fn by_x(dx: &mut [f32], x: &[f32], grad: &[f32], function: impl Fn(f32) -> (f32, f32)) {
        for (dx, (&x, g)) in dx.iter_mut().zip(x.iter().zip(grad)) {
            *dx = g * function(x).1;
        }
    }

    fn by_x_of_product(
        dx: &mut [f32],
        x: &[f32],
        factor: &[f32],
        grad: &[f32],
        function: impl Fn(f32) -> (f32, f32),
    ) {
        for ((dx, (&x, g)), f) in dx.iter_mut().zip(x.iter().zip(grad)).zip(factor) {
            *dx = g * f * function(x).1;
        }
    }

    fn by_factor(
        dfactor: &mut [f32],
        x: &[f32],
        grad: &[f32],
        function: impl Fn(f32) -> (f32, f32),
    ) {
        for (df, (&x, g)) in dfactor.iter_mut().zip(x.iter().zip(grad)) {
            *df = g * function(x).0;
        }
    }

    fn by_both(
        dx: &mut [f32],
        dfactor: &mut [f32],
        x: &[f32],
        factor: &[f32],
        grad: &[f32],
        function: impl Fn(f32) -> (f32, f32),
    ) {
        let results = dx.iter_mut().zip(dfactor);
        for (((dx, df), (&x, g)), f) in results.zip(x.iter().zip(grad)).zip(factor) {
            let (value, slope) = function(x);
            (*dx, *df) = (g * f * slope, g * value);
        }
    }
}
