//! Gradients through the kernels equal those of Burn's autodiff through the plain references, on
//! the CPU and in every variant on every GPU device, and what the finite differences of the
//! results say.

mod attention;
mod blocks;
mod linear;
mod rows;
mod threads;

use burn::tensor::{Device, Tensor};

use crate::kernels::support::{Findings, Random, floats, values};

/// Allowed difference between two gradients, in their largest magnitude.
const TOLERANCE: f32 = 1e-4;

/// An operand of a case.
#[derive(Clone)]
struct Leaf {
    name: &'static str,
    values: Vec<f32>,
    shape: [usize; 2],
    tracked: bool,
}

impl Leaf {
    fn random(name: &'static str, shape: [usize; 2], random: &mut Random) -> Self {
        Self {
            name,
            values: random.floats(shape[0] * shape[1]),
            shape,
            tracked: true,
        }
    }

    fn scaled(mut self, scale: f32) -> Self {
        self.values.iter_mut().for_each(|x| *x *= scale);
        self
    }

    fn tracked(mut self, tracked: bool) -> Self {
        self.tracked = tracked;
        self
    }
}

/// The seed of the numbers that a result is weighted with to make a loss of it.
const LOSS_SEED: u64 = 77;

/// What `run` makes of the leaves, and the gradients of a weighted sum of it by those that are
/// tracked.
fn result_and_gradients(
    leaves: &[Leaf],
    device: &Device,
    run: impl Fn(&[Tensor<2>], &Device) -> Tensor<2>,
) -> Vec<Vec<f32>> {
    result_and_gradients_on(leaves, &device.clone().autodiff(), run)
}

/// [`result_and_gradients`] on a device with autodiff of its own kind.
fn result_and_gradients_on(
    leaves: &[Leaf],
    device: &Device,
    run: impl Fn(&[Tensor<2>], &Device) -> Tensor<2>,
) -> Vec<Vec<f32>> {
    let tensors: Vec<Tensor<2>> = leaves
        .iter()
        .map(|leaf| {
            let tensor = floats(&leaf.values, leaf.shape, device);
            if leaf.tracked {
                tensor.require_grad()
            } else {
                tensor
            }
        })
        .collect();
    let y = run(&tensors, device);
    let mut results = vec![values(y.clone())];
    let shape = y.dims();
    let weights = Random(LOSS_SEED).floats(shape[0] * shape[1]);
    let gradients = (y * floats(&weights, shape, device)).sum().backward();
    for (leaf, tensor) in leaves.iter().zip(&tensors) {
        match (leaf.tracked, tensor.grad(&gradients)) {
            (true, Some(gradient)) => results.push(values(gradient)),
            (false, None) => {}
            (true, None) => panic!("{} has no gradient", leaf.name),
            (false, Some(_)) => panic!("{} is not tracked and has a gradient", leaf.name),
        }
    }
    results
}

/// Compares results and gradients of `kernels` everywhere with those of `reference` on the CPU.
fn compare(
    findings: &mut Findings,
    case: &str,
    leaves: &[Leaf],
    kernels: impl Fn(&[Tensor<2>], &Device) -> Tensor<2>,
    reference: impl Fn(&[Tensor<2>], &Device) -> Tensor<2>,
) {
    let expected = result_and_gradients(leaves, &Device::flex(), reference);
    let names = std::iter::once("result".to_string()).chain(
        leaves
            .iter()
            .filter(|leaf| leaf.tracked)
            .map(|leaf| format!("gradient of {}", leaf.name)),
    );
    let expected: Vec<(String, Vec<f32>)> = names.zip(expected).collect();
    findings.compare_parts(case, &expected, TOLERANCE, |device| {
        result_and_gradients(leaves, device, &kernels)
    });
}

/// Compares the gradients of `run` with finite differences along random directions: for each
/// tracked leaf `(L(x + h·d) − L(x − h·d)) / 2h = ∇L · d`, with the results taken without autodiff
/// and summed up in 64 bits.
fn agrees_with_finite_differences(
    case: &str,
    leaves: &[Leaf],
    run: impl Fn(&[Tensor<2>], &Device) -> Tensor<2>,
) {
    const STEP: f32 = 4e-3;
    let cpu = Device::flex();
    let loss = |leaves: &[Leaf]| -> f64 {
        let tensors: Vec<_> = leaves
            .iter()
            .map(|leaf| floats(&leaf.values, leaf.shape, &cpu))
            .collect();
        let y = values(run(&tensors, &cpu));
        let weights = Random(LOSS_SEED).floats(y.len());
        y.iter()
            .zip(weights)
            .map(|(y, w)| f64::from(*y) * f64::from(w))
            .sum()
    };
    let gradients = result_and_gradients(leaves, &cpu, &run);
    let tracked = (0..leaves.len()).filter(|&i| leaves[i].tracked);
    for (i, gradient) in tracked.zip(&gradients[1..]) {
        for seed in 0..3 {
            let direction = Random(seed).floats(gradient.len());
            let moved = |step: f32| {
                let mut moved = leaves.to_vec();
                let values = moved[i].values.iter_mut().zip(&direction);
                values.for_each(|(x, d)| *x += step * d);
                loss(&moved)
            };
            let difference = (moved(STEP) - moved(-STEP)) / (2.0 * f64::from(STEP));
            let along: f64 = gradient
                .iter()
                .zip(&direction)
                .map(|(g, d)| f64::from(g * d))
                .sum();
            let size = gradient
                .iter()
                .map(|g| f64::from(g * g))
                .sum::<f64>()
                .sqrt();
            assert!(
                (difference - along).abs() <= 3e-3 * size,
                "{case}, {}: the finite difference is {difference}, the gradient says {along} \
                 (gradient of size {size}, direction of seed {seed})",
                leaves[i].name
            );
        }
    }
}

/// A vector out of a leaf of one row.
fn as_vector(leaf: &Tensor<2>) -> Tensor<1> {
    let [_, width] = leaf.dims();
    leaf.clone().reshape([width])
}
