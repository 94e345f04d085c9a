//! The contrastive losses: InfoNCE, and EGA's amplification of hard negatives.
//!
//! With the similarity S_ij of query i and target j and P = rowsoftmax(S/τ) of B rows, InfoNCE's
//! gradient is (P − I)/(τB). EGA (Explicit Gradient Amplifier, arXiv 2506.02020) puts a reweighted
//! P̄ in the place of P, with weights h from a hardness that is relative to the positive's
//! similarity. Its abstract was at hand, its equations were not: the forms of h below are this
//! project's reconstruction.
//!
//! h is detached, so P̄_ij = h_ij P_ij / Σ_k h_ik P_ik is the softmax of S/τ + log h, and the
//! cross entropy of that has the gradient (P̄ − I)/(τB).

use burn::tensor::activation::log_softmax;
use burn::tensor::{Tensor, TensorData};

/// What the logit of a masked pair is lowered by: enough for a probability of exactly zero.
const MASKED: f32 = -1e30;

/// How much a negative's gradient is amplified, from Δ = S_ij − S_ii.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hardness {
    /// h = 1: InfoNCE.
    None,
    /// log h = α(1 + Δ). Equals InfoNCE at the temperature 1/(1/τ + α) with an additive margin.
    E1 {
        /// Strength.
        alpha: f32,
    },
    /// log h = α · clamp(S_ij / S_ii, 0, 1), and 0 where S_ii is not positive.
    E2 {
        /// Strength.
        alpha: f32,
    },
    /// h = min(exp(α(1 + Δ)), 10), not renormalised.
    E3 {
        /// Strength.
        alpha: f32,
    },
    /// log h = α S_ij, the absolute hardness of LLaVE (arXiv 2503.04812).
    Llave {
        /// Strength.
        alpha: f32,
    },
}

/// The most that [`Hardness::E3`] amplifies.
const MOST_AMPLIFIED: f32 = 10.0;

/// What a contrastive loss is besides its similarities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// How hard negatives are amplified.
    pub hardness: Hardness,
    /// Taken from the positive's similarity before the softmax.
    pub margin: f32,
    /// Negatives with S_ij > S_ii − this are taken for positives that nobody knows of, and masked.
    pub mask_margin: Option<f32>,
}

impl Contrast {
    /// Every negative counts as it is.
    pub const INFO_NCE: Self = Self {
        hardness: Hardness::None,
        margin: 0.0,
        mask_margin: None,
    };
}

/// Pairs that are not each other's negatives, `[rows, columns]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    columns: usize,
    pairs: Vec<bool>,
}

impl Mask {
    /// No pair.
    pub fn none(rows: usize, columns: usize) -> Self {
        Self::new(rows, columns, |_, _| false)
    }

    /// The pairs of which `masked` says so. Row i's positive, column i, is never one of them.
    pub fn new(rows: usize, columns: usize, masked: impl Fn(usize, usize) -> bool) -> Self {
        let pairs = (0..rows * columns)
            .map(|at| (at / columns, at % columns))
            .map(|(row, column)| row != column && masked(row, column))
            .collect();
        Self { columns, pairs }
    }

    /// Whether `row` and `column` are not each other's negatives.
    pub fn has(&self, row: usize, column: usize) -> bool {
        self.pairs[row * self.columns + column]
    }

    /// The mask of the opposite direction: of the first columns as queries and the rows as targets.
    pub fn transposed(&self) -> Self {
        let rows = self.pairs.len() / self.columns;
        Self::new(rows, rows, |row, column| self.has(column, row))
    }
}

/// The loss, a single value, of similarities `[B, columns]` whose column i is the positive of
/// row i; further columns are explicit negatives of all rows. `temperature` is a single value.
pub fn contrastive(
    scores: Tensor<2>,
    temperature: Tensor<1>,
    mask: &Mask,
    contrast: &Contrast,
) -> Tensor<1> {
    let [rows, columns] = scores.dims();
    let device = scores.device();
    let positive: Vec<f32> = (0..rows * columns)
        .map(|at| f32::from(at / columns == at % columns))
        .collect();
    let positive = Tensor::<2>::from_data(TensorData::new(positive, [rows, columns]), &device);
    let own = (scores.clone() * positive.clone()).sum_dim(1);
    let bias = {
        let (scores, own) = (scores.clone().detach(), own.clone().detach());
        constant_logits(scores, own, mask, contrast)
    };
    let temperature = temperature.reshape([1, 1]);
    let logits = (scores.clone() - positive.clone() * contrast.margin) / temperature.clone() + bias;
    let log_p = log_softmax(logits, 1);
    let Hardness::E3 { alpha } = contrast.hardness else {
        return -(log_p * positive).sum() / rows as f32;
    };
    let delta = scores - own;
    let amplified = ((delta.clone().detach() + 1.0) * alpha)
        .exp()
        .clamp_max(MOST_AMPLIFIED);
    let weight = log_p.detach().exp() * amplified * (-positive + 1.0);
    (weight * delta / temperature).sum() / rows as f32
}

/// What is added to the logits and has no gradient: log h, and the mask; zero for positives.
fn constant_logits(
    scores: Tensor<2>,
    own: Tensor<2>,
    mask: &Mask,
    contrast: &Contrast,
) -> Tensor<2> {
    let [rows, columns] = scores.dims();
    let device = scores.device();
    let read = |x: Tensor<2>| -> Vec<f32> { x.into_data().try_into_vec().expect("floats") };
    let (scores, own) = (read(scores), read(own));
    let values = (0..rows * columns).map(|at| {
        let (row, column) = (at / columns, at % columns);
        let (s, own) = (scores[at], own[row]);
        if row == column {
            return 0.0;
        }
        let unknown = contrast.mask_margin.is_some_and(|margin| s > own - margin);
        if mask.pairs[at] || unknown {
            return MASKED;
        }
        match contrast.hardness {
            Hardness::None | Hardness::E3 { .. } => 0.0,
            Hardness::E1 { alpha } => alpha * (1.0 + s - own),
            Hardness::E2 { alpha } if own > 0.0 => alpha * (s / own).clamp(0.0, 1.0),
            Hardness::E2 { .. } => 0.0,
            Hardness::Llave { alpha } => alpha * s,
        }
    });
    Tensor::from_data(
        TensorData::new(values.collect::<Vec<_>>(), [rows, columns]),
        &device,
    )
}

/// The share of rows whose positive has the highest similarity of all that is not masked.
pub fn accuracy(scores: &[f32], mask: &Mask) -> f32 {
    let rows = scores.len() / mask.columns;
    let right = scores
        .chunks(mask.columns)
        .enumerate()
        .filter(|(row, scores)| {
            let masked = &mask.pairs[row * mask.columns..];
            let mut others = scores.iter().zip(masked).enumerate();
            others.all(|(column, (s, masked))| column == *row || *masked || *s < scores[*row])
        });
    right.count() as f32 / rows as f32
}

#[cfg(test)]
mod tests {
    use super::super::testing::{device, noise, tracked, values};
    use super::*;

    const TAU: f32 = 0.07;

    const ALL: [Hardness; 5] = [
        Hardness::None,
        Hardness::E1 { alpha: 5.0 },
        Hardness::E2 { alpha: 5.0 },
        Hardness::E3 { alpha: 1.5 },
        Hardness::Llave { alpha: 9.0 },
    ];

    fn contrast(hardness: Hardness) -> Contrast {
        Contrast {
            hardness,
            margin: 0.0,
            mask_margin: None,
        }
    }

    fn temperature(device: &burn::tensor::Device) -> Tensor<1> {
        Tensor::from_data([TAU], device)
    }

    /// ∂L/∂S by autodiff.
    fn gradient(scores: &[f32], columns: usize, mask: &Mask, contrast: &Contrast) -> Vec<f32> {
        let rows = scores.len() / columns;
        let data = TensorData::new(scores.to_vec(), [rows, columns]);
        let leaf = Tensor::<2>::from_data(data, &tracked()).require_grad();
        let loss = contrastive(leaf.clone(), temperature(&tracked()), mask, contrast);
        values(leaf.grad(&loss.backward()).unwrap())
    }

    /// log h, by its formula.
    fn log_h(hardness: Hardness, s: f64, own: f64) -> f64 {
        match hardness {
            Hardness::None => 0.0,
            Hardness::E1 { alpha } => alpha as f64 * (1.0 + s - own),
            Hardness::E2 { alpha } if own > 0.0 => alpha as f64 * (s / own).clamp(0.0, 1.0),
            Hardness::E2 { .. } => 0.0,
            Hardness::E3 { alpha } => (alpha as f64 * (1.0 + s - own)).min(10f64.ln()),
            Hardness::Llave { alpha } => alpha as f64 * s,
        }
    }

    /// (P̄ − I)/(τB) in f64; for e3 the weights h·P and their negative sum on the diagonal.
    fn expected(scores: &[f32], columns: usize, hardness: Hardness) -> Vec<f64> {
        let rows = scores.len() / columns;
        let tau = TAU as f64;
        let mut gradient = vec![0.0; scores.len()];
        for row in 0..rows {
            let s: Vec<f64> = scores[row * columns..][..columns]
                .iter()
                .map(|&s| s as f64)
                .collect();
            let h = |j: usize| match j == row {
                true => 1.0,
                false => log_h(hardness, s[j], s[row]).exp(),
            };
            let e3 = matches!(hardness, Hardness::E3 { .. });
            let plain: Vec<f64> = s.iter().map(|s| (s / tau).exp()).collect();
            let amplified: Vec<f64> = (0..columns).map(|j| plain[j] * h(j)).collect();
            let sum: f64 = if e3 {
                plain.iter().sum()
            } else {
                amplified.iter().sum()
            };
            let out = &mut gradient[row * columns..][..columns];
            let scale = tau * rows as f64;
            for j in (0..columns).filter(|&j| j != row) {
                out[j] = amplified[j] / sum / scale;
            }
            out[row] = if e3 {
                -out.iter().sum::<f64>()
            } else {
                (amplified[row] / sum - 1.0) / scale
            };
        }
        gradient
    }

    #[test]
    fn gradients_are_the_reweighted_softmax_minus_the_identity() {
        for (columns, seed) in [(6, 1), (6, 2), (9, 3)] {
            let scores = values(noise([6, columns], seed, &device()) * 0.5);
            let mask = Mask::none(6, columns);
            for hardness in ALL {
                let got = gradient(&scores, columns, &mask, &contrast(hardness));
                let want = expected(&scores, columns, hardness);
                for (g, w) in got.iter().zip(want) {
                    assert!((*g as f64 - w).abs() < 2e-5, "{hardness:?}: {g} {w}");
                }
            }
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences_with_h_frozen() {
        let (rows, columns) = (4, 5);
        let scores: Vec<f64> = values(noise([rows, columns], 11, &device()) * 0.4)
            .iter()
            .map(|&s| s as f64)
            .collect();
        let single: Vec<f32> = scores.iter().map(|&s| s as f32).collect();
        let frozen = |hardness: Hardness| -> Vec<f64> {
            (0..rows * columns)
                .map(|at| {
                    let (row, column) = (at / columns, at % columns);
                    let own = scores[row * columns + row];
                    if row == column {
                        0.0
                    } else {
                        log_h(hardness, scores[at], own)
                    }
                })
                .collect()
        };
        // The loss in f64 with log h and, for e3, the weights h·P held at where they are.
        let loss = |hardness: Hardness, at: &[f64], log_h: &[f64]| -> f64 {
            let tau = TAU as f64;
            let row_sum = |values: &dyn Fn(usize) -> f64, row: usize| -> f64 {
                (0..columns).map(|j| values(row * columns + j).exp()).sum()
            };
            (0..rows)
                .map(|row| {
                    let own = at[row * columns + row];
                    if let Hardness::E3 { .. } = hardness {
                        let sum = row_sum(&|k| scores[k] / tau, row);
                        let weight = |k: usize| log_h[k].exp() * (scores[k] / tau).exp() / sum;
                        let negatives = (0..columns).filter(|&j| j != row);
                        return negatives
                            .map(|j| row * columns + j)
                            .map(|k| weight(k) * (at[k] - own) / tau)
                            .sum::<f64>();
                    }
                    row_sum(&|k| at[k] / tau + log_h[k], row).ln() - own / tau
                })
                .sum::<f64>()
                / rows as f64
        };
        for hardness in ALL {
            let log_h = frozen(hardness);
            let got = gradient(
                &single,
                columns,
                &Mask::none(rows, columns),
                &contrast(hardness),
            );
            for k in 0..rows * columns {
                let mut there = scores.clone();
                let h = 1e-5;
                there[k] += h;
                let up = loss(hardness, &there, &log_h);
                there[k] -= 2.0 * h;
                let slope = (up - loss(hardness, &there, &log_h)) / (2.0 * h);
                assert!((got[k] as f64 - slope).abs() < 2e-4, "{hardness:?} {k}");
            }
        }
    }

    #[test]
    fn without_amplification_every_form_is_info_nce() {
        let scores = values(noise([5, 7], 4, &device()) * 0.5);
        let mask = Mask::none(5, 7);
        let info_nce = gradient(&scores, 7, &mask, &contrast(Hardness::None));
        for hardness in [
            Hardness::E1 { alpha: 0.0 },
            Hardness::E2 { alpha: 0.0 },
            Hardness::E3 { alpha: 0.0 },
            Hardness::Llave { alpha: 0.0 },
        ] {
            let got = gradient(&scores, 7, &mask, &contrast(hardness));
            for (a, b) in got.iter().zip(&info_nce) {
                assert!((a - b).abs() < 1e-5, "{hardness:?}");
            }
        }
    }

    #[test]
    fn e1_is_info_nce_at_a_lower_temperature_with_a_margin() {
        let alpha = 5.0;
        let scores = values(noise([6, 6], 5, &device()) * 0.5);
        let mask = Mask::none(6, 6);
        let e1 = gradient(&scores, 6, &mask, &contrast(Hardness::E1 { alpha }));
        let tau = 1.0 / (1.0 / TAU + alpha);
        let leaf = Tensor::<2>::from_data(TensorData::new(scores, [6, 6]), &tracked());
        let leaf = leaf.require_grad();
        let control = Contrast {
            margin: alpha * tau,
            ..contrast(Hardness::None)
        };
        let at = Tensor::from_data([tau], &tracked());
        let loss = contrastive(leaf.clone(), at, &mask, &control);
        // Equal up to the factor τ/τ' that the temperature itself has in the gradient.
        let other = values(leaf.grad(&loss.backward()).unwrap());
        for (a, b) in e1.iter().zip(other) {
            assert!((a - b * tau / TAU).abs() < 1e-5, "{a} {b}");
        }
    }

    #[test]
    fn masked_pairs_have_no_gradient_and_do_not_count() {
        let scores = values(noise([4, 4], 6, &device()) * 0.5);
        let mask = Mask::new(4, 4, |i, j| (i, j) == (1, 3));
        for hardness in ALL {
            let got = gradient(&scores, 4, &mask, &contrast(hardness));
            assert_eq!(got[7], 0.0, "{hardness:?}");
            assert!(got[6] != 0.0);
        }
        assert_eq!(mask.transposed(), Mask::new(4, 4, |i, j| (i, j) == (3, 1)));
        let unknown = Contrast {
            mask_margin: Some(-10.0),
            ..contrast(Hardness::None)
        };
        let kept = gradient(&scores, 4, &Mask::none(4, 4), &unknown);
        assert!(kept.iter().all(|g| g.is_finite() && *g != 0.0));
        let all_masked = Contrast {
            mask_margin: Some(10.0),
            ..contrast(Hardness::None)
        };
        let none = gradient(&scores, 4, &Mask::none(4, 4), &all_masked);
        assert!(none.iter().all(|g| *g == 0.0));
    }

    #[test]
    fn accuracy_counts_rows_whose_positive_wins_and_ties_do_not() {
        let scores = [0.9, 0.1, 0.2, 0.5, 0.5, 0.1, 0.8, 0.1, 0.7];
        assert_eq!(accuracy(&scores, &Mask::none(3, 3)), 1.0 / 3.0);
        let mask = Mask::new(3, 3, |i, j| (i, j) == (2, 0));
        assert_eq!(accuracy(&scores, &mask), 2.0 / 3.0);
    }
}
