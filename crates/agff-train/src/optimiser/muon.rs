//! Muon: momentum whose matrix is made orthogonal (K. Jordan et al. 2024, kellerjordan.github.io/posts/muon).
//!
//! AdamW weighs every number of a matrix by itself. Muon lets a matrix move by about as much in every
//! direction, so rare directions are learned too: of rows seen, it needs a fraction of AdamW's.

use burn::tensor::Tensor;

/// Newton-Schulz steps, and the polynomial of each: singular values between 0 and 1 come to lie
/// near 1 (between 0.7 and 1.2), steeply from 0.
const STEPS: usize = 5;
const POLYNOMIAL: [f32; 3] = [3.4445, -4.7750, 2.0315];
/// Keeps a matrix of zeros from being divided by its norm.
const EPSILON: f32 = 1e-7;

/// How matrices follow their gradients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MuonOptions {
    /// Muon's learning rate as a multiple of AdamW's.
    pub rate: f64,
    /// How much of the momentum stays from step to step.
    pub momentum: f32,
    /// Decoupled weight decay.
    pub weight_decay: f32,
}

impl MuonOptions {
    /// A matrix `[rows, columns]`, row by row, after one step, and its momentum. `rate` is AdamW's.
    pub(super) fn step(
        &self,
        rate: f64,
        shape: [usize; 2],
        values: Tensor<1>,
        gradient: Tensor<1>,
        momentum: Option<Tensor<1>>,
    ) -> (Tensor<1>, Tensor<1>) {
        let momentum = match momentum {
            Some(momentum) => momentum * self.momentum + gradient.clone(),
            None => gradient.clone(),
        };
        // Nesterov's: the momentum as it will be if the gradient stays.
        let ahead = momentum.clone() * self.momentum + gradient;
        let direction = orthogonalised(ahead.reshape(shape)).flatten(0, 1);
        let rate = self.rate * rate;
        let [rows, columns] = shape.map(|n| n as f64);
        let by = rate * (rows / columns).max(1.0).sqrt();
        let kept = 1.0 - rate * f64::from(self.weight_decay);
        (values * kept - direction * by, momentum)
    }
}

/// The matrix with the same singular vectors whose singular values are all near 1.
fn orthogonalised(matrix: Tensor<2>) -> Tensor<2> {
    let [rows, columns] = matrix.dims();
    let tall = rows > columns;
    let mut x = if tall { matrix.transpose() } else { matrix };
    let norm = x.clone().square().sum().sqrt() + EPSILON;
    x = x / norm.reshape([1, 1]);
    let [a, b, c] = POLYNOMIAL;
    for _ in 0..STEPS {
        let square = x.clone().matmul(x.clone().transpose());
        let fourth = square.clone().matmul(square.clone());
        x = x.clone() * a + (square * b + fourth * c).matmul(x);
    }
    if tall { x.transpose() } else { x }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{device, noise, values};
    use super::*;

    /// x xᵀ of the shorter side.
    fn gram(x: Tensor<2>) -> Vec<f32> {
        let [rows, columns] = x.dims();
        values(match rows > columns {
            true => x.clone().transpose().matmul(x),
            false => x.clone().matmul(x.transpose()),
        })
    }

    #[test]
    fn all_singular_values_come_near_one_and_the_vectors_stay() {
        for shape in [[4, 9], [9, 4], [6, 6]] {
            let matrix = noise(shape, 3, &device());
            let x = orthogonalised(matrix.clone());
            assert_eq!(x.dims(), shape);
            let side = shape[0].min(shape[1]);
            // Every singular value between 0.68 and 1.2: no eigenvalue of x xᵀ is further than 0.54 from 1.
            let gram = gram(x.clone());
            let apart: f32 = (0..side * side)
                .map(|i| gram[i] - f32::from(i % (side + 1) == 0))
                .map(|d| d * d)
                .sum();
            assert!(apart < side as f32 * 0.54 * 0.54, "{shape:?}: {apart}");
            // An odd polynomial of the matrix: x mᵀ is symmetric, and positive on its diagonal.
            let product = values(x.matmul(matrix.transpose()));
            for i in 0..shape[0] {
                assert!(product[i * shape[0] + i] > 0.0);
                for j in 0..i {
                    let (one, other) = (product[i * shape[0] + j], product[j * shape[0] + i]);
                    assert!((one - other).abs() < 1e-3, "{shape:?}: {one} {other}");
                }
            }
        }
    }

    #[test]
    fn a_gradient_of_zeros_moves_nothing() {
        let zeros = orthogonalised(Tensor::zeros([3, 5], &device()));
        assert_eq!(values(zeros), [0.0; 15]);
    }

    #[test]
    fn a_step_is_as_long_whatever_the_gradients_scale() {
        let options = MuonOptions {
            rate: 10.0,
            momentum: 0.95,
            weight_decay: 0.5,
        };
        let step = |scale: f32| {
            let gradient = noise([8], 5, &device()) * scale;
            let start = Tensor::ones([8], &device());
            values(options.step(0.002, [4, 2], start, gradient, None).0)
        };
        let (small, large) = (step(1e-2), step(1e3));
        for (a, b) in small.iter().zip(&large) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
        // The rate is 0.02, the decay 1 % of the values, and twice as tall moves √2 as far.
        let moved: f32 = small.iter().map(|v| (v - 0.99).powi(2)).sum();
        let expected = (0.02f32 * 2f32.sqrt()).powi(2) * 2.0;
        assert!(
            (0.4..1.5).contains(&(moved / expected)),
            "{}",
            moved / expected
        );
    }
}
