//! From the model's outputs to one loss, its gradient, and what there is to watch.
//!
//! It works on all outputs of a batch at once and never sees the model: this is the middle of
//! GradCache (arXiv 2101.06983), whose two other parts are in [`passes`](super::passes).

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::loss::{Contrast, Mask, accuracy, contrastive};
use super::scores::{Scoring, scores, unit};
use agff::{Code, Error, Result};
use agff::{Embedding, Patterns};
use agff::{Fusion, Reduction};

/// The loss of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// How view pairs become one similarity.
    pub scoring: Scoring,
    /// The contrastive loss.
    pub contrast: Contrast,
    /// Whether targets also look for their queries; the two losses are averaged.
    pub both_directions: bool,
    /// Dimensions that embeddings are cut to, and how much the loss at each counts (Matryoshka,
    /// arXiv 2205.13147); empty for the whole vectors alone.
    pub matryoshka: Vec<(usize, f32)>,
    /// Weight of a second InfoNCE, in which only rows of one group are each other's negatives; 0
    /// leaves it out.
    pub within_groups: f32,
    /// Weight of the mean squared cosine between an input's fine views; 0 leaves it out.
    pub orthogonality: f32,
}

/// Which inputs are queries, and which are targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    /// For each row the input that is its query.
    pub queries: Vec<usize>,
    /// For each row the input that is its positive.
    pub positives: Vec<usize>,
    /// Explicit negatives of all rows.
    pub negatives: Vec<usize>,
    /// `[rows, rows + negatives]`: pairs that are not each other's negatives.
    pub mask: Mask,
    /// For each row a number, equal for rows of one group, which differ in little.
    pub groups: Vec<u32>,
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The loss.
    pub loss: f32,
    /// The share of rows whose positive has the highest similarity.
    pub accuracy: f32,
    /// Mean pattern weights of the positive pairs; zero where views are not fused.
    pub patterns: Patterns,
    /// Mean cosine between the views of one input; near 1 they have collapsed.
    pub view_cosine: f32,
    /// ∂loss/∂output, `[inputs, views, dimensions]`.
    pub gradient: Vec<f32>,
    /// ∂loss/∂log τ.
    pub temperature_gradient: f32,
}

impl Objective {
    /// The loss of a batch and its gradients. `hidden` are the model's outputs, `[inputs, views,
    /// dimensions]`, of any length.
    ///
    /// # Errors
    /// [`Code::Diverged`] if an output is not a number.
    pub fn evaluate(
        &self,
        hidden: Vec<f32>,
        views: usize,
        pairs: &Pairs,
        temperature: f32,
    ) -> Result<Outcome> {
        // Batches are small here, and sums on the CPU are the same every time.
        let device = Device::flex().autodiff();
        let inputs = 1 + *[&pairs.queries, &pairs.positives, &pairs.negatives]
            .into_iter()
            .flatten()
            .max()
            .ok_or_else(|| Error::new(Code::Internal, "batch", "has no rows"))?;
        let dimensions = hidden.len() / (inputs * views);
        if !hidden.iter().all(|x| x.is_finite()) {
            return Err(Error::new(
                Code::Diverged,
                "model",
                "an output is not a number; lower the learning rate or clip gradients",
            ));
        }
        let data = TensorData::new(hidden, [inputs * views, dimensions]);
        let leaf = Tensor::<2>::from_data(data, &device).require_grad();
        let log_temperature = Tensor::<1>::from_data([temperature.ln()], &device).require_grad();

        let whole = [(dimensions, 1.0)];
        let parts: &[(usize, f32)] = match self.matryoshka.as_slice() {
            [] => &whole,
            parts => parts,
        };
        let weights: f32 = parts.iter().map(|(_, weight)| weight).sum();
        let groups = (self.within_groups > 0.0)
            .then(|| pairs.within_groups())
            .flatten();
        let mut loss = Tensor::<1>::zeros([1], &device);
        let mut full_scores = None;
        for &(width, weight) in parts {
            let vectors = unit(leaf.clone().narrow(1, 0, width.min(dimensions)));
            let of = |inputs: &mut dyn Iterator<Item = usize>| {
                vectors.clone().select(0, rows_of(inputs, views, &device))
            };
            let queries = of(&mut pairs.queries.iter().copied());
            let targets = of(&mut pairs.positives.iter().chain(&pairs.negatives).copied());
            let s = scores(queries, targets, views, &self.scoring);
            if width >= dimensions || full_scores.is_none() {
                full_scores = Some(s.clone().detach());
            }
            let temperature = log_temperature.clone().exp();
            let mut one =
                self.contrastive(s.clone(), temperature.clone(), &pairs.mask, &self.contrast);
            if let Some((mask, share)) = &groups {
                let s = s.narrow(1, 0, pairs.queries.len());
                let within = self.contrastive(s, temperature, mask, &Contrast::INFO_NCE);
                one = one + within * (self.within_groups * share);
            }
            loss = loss + one * (weight / weights);
        }
        if self.orthogonality > 0.0 && views > 2 {
            loss = loss + orthogonality(&leaf, views) * self.orthogonality;
        }

        let mut gradients = loss.backward();
        let take = |x: Option<Vec<f32>>| {
            x.ok_or_else(|| Error::new(Code::Internal, "loss", "has no gradient"))
        };
        let gradient = take(leaf.grad_remove(&mut gradients).map(to_vec))?;
        let temperature_gradient =
            take(log_temperature.grad_remove(&mut gradients).map(to_vec))?[0];
        let full_scores = to_vec(full_scores.expect("there is a part"));
        let vectors = to_vec(unit(leaf.inner()));
        Ok(Outcome {
            loss: to_vec(loss)[0],
            accuracy: accuracy(&full_scores, &pairs.mask),
            patterns: self.mean_patterns(&vectors, views, dimensions, pairs)?,
            view_cosine: view_cosine(&vectors, views, dimensions),
            gradient,
            temperature_gradient,
        })
    }

    fn contrastive(
        &self,
        s: Tensor<2>,
        temperature: Tensor<1>,
        mask: &Mask,
        contrast: &Contrast,
    ) -> Tensor<1> {
        let [rows, _] = s.dims();
        let forward = contrastive(s.clone(), temperature.clone(), mask, contrast);
        if !self.both_directions {
            return forward;
        }
        let back = s.narrow(1, 0, rows).transpose();
        (forward + contrastive(back, temperature, &mask.transposed(), contrast)) * 0.5
    }

    /// Mean pattern weights of rows and their positives.
    fn mean_patterns(
        &self,
        vectors: &[f32],
        views: usize,
        dimensions: usize,
        pairs: &Pairs,
    ) -> Result<Patterns> {
        let Scoring::Fused(fusion) = &self.scoring else {
            return Ok(Patterns::default());
        };
        let one = |input: usize| Embedding {
            views: vec![String::new(); views],
            dimensions,
            values: vectors[input * views * dimensions..][..views * dimensions].to_vec(),
            tokens: 0,
            truncated: false,
        };
        let mut sum = Patterns::default();
        let share = 1.0 / pairs.queries.len() as f32;
        for (&query, &positive) in pairs.queries.iter().zip(&pairs.positives) {
            let w = agff::similarity(&one(query), &one(positive), fusion)?.weights;
            sum.gg += w.gg * share;
            sum.fg += w.fg * share;
            sum.gf += w.gf * share;
            sum.ff += w.ff * share;
        }
        Ok(sum)
    }
}

impl Pairs {
    /// `[rows, rows]`, all pairs but those of one group, and how many times as many rows there are
    /// as rows that have another of their group; `None` if there is no such row.
    fn within_groups(&self) -> Option<(Mask, f32)> {
        let rows = self.queries.len();
        let rivals = |a: usize, b: usize| {
            let masked = self.mask.has(a, b) || self.mask.has(b, a);
            a != b && self.groups[a] == self.groups[b] && !masked
        };
        let count = (0..rows)
            .filter(|&a| (0..rows).any(|b| rivals(a, b)))
            .count();
        let mask = Mask::new(rows, rows, |a, b| !rivals(a, b));
        (count > 0).then(|| (mask, rows as f32 / count as f32))
    }
}

impl Scoring {
    /// The fusion that a package states so that its users get this scoring. What no package can
    /// state becomes what comes nearest: of MaxSim the best pair, of the mean the mean over pairs.
    pub fn fusion(&self) -> Fusion {
        match *self {
            Scoring::Fused(fusion) => fusion,
            Scoring::BestPair | Scoring::MaxSim => Fusion {
                temperature: 0.01,
                reduction: Reduction::Max,
            },
            Scoring::MeanOfViews | Scoring::Global => Fusion {
                temperature: 1.0,
                reduction: Reduction::Mean,
            },
        }
    }
}

/// The rows of all views of these inputs.
fn rows_of(
    inputs: &mut dyn Iterator<Item = usize>,
    views: usize,
    device: &Device,
) -> Tensor<1, Int> {
    let rows: Vec<i32> = inputs
        .flat_map(|input| (0..views).map(move |view| (input * views + view) as i32))
        .collect();
    let count = rows.len();
    Tensor::from_data(TensorData::new(rows, [count]), device)
}

/// The mean squared cosine between two fine views of an input.
fn orthogonality(hidden: &Tensor<2>, views: usize) -> Tensor<1> {
    let [rows, dimensions] = hidden.dims();
    let (inputs, fine) = (rows / views, views - 1);
    let vectors = unit(hidden.clone())
        .reshape([inputs, views, dimensions])
        .narrow(1, 1, fine);
    let cosines = vectors.clone().matmul(vectors.transpose());
    let pairs = (inputs * fine * (fine - 1)) as f32;
    // The diagonal is one, and constant.
    (cosines.square().sum() - (inputs * fine) as f32) / pairs
}

/// The mean cosine between two views of an input; 1 for a single view.
fn view_cosine(vectors: &[f32], views: usize, dimensions: usize) -> f32 {
    if views < 2 {
        return 1.0;
    }
    let (mut sum, mut count) = (0.0f64, 0);
    for input in vectors.chunks(views * dimensions) {
        for a in 0..views {
            for b in 0..a {
                let (a, b) = (&input[a * dimensions..], &input[b * dimensions..]);
                let pairs = a.iter().zip(b).take(dimensions);
                sum += pairs.map(|(a, b)| f64::from(a * b)).sum::<f64>();
                count += 1;
            }
        }
    }
    (sum / f64::from(count)) as f32
}

fn to_vec<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("floats")
}

#[cfg(test)]
mod tests {
    use super::super::loss::Hardness;
    use super::super::testing::{device, noise, values};
    use super::*;

    fn objective(scoring: Scoring) -> Objective {
        Objective {
            scoring,
            contrast: Contrast {
                hardness: Hardness::E1 { alpha: 3.0 },
                margin: 0.0,
                mask_margin: None,
            },
            both_directions: true,
            matryoshka: Vec::new(),
            within_groups: 0.0,
            orthogonality: 0.0,
        }
    }

    fn fused() -> Scoring {
        Scoring::Fused(Fusion {
            temperature: 0.05,
            reduction: Reduction::LogSumExp,
        })
    }

    fn pairs(rows: usize) -> Pairs {
        Pairs {
            queries: (0..rows).collect(),
            positives: (rows..2 * rows).collect(),
            negatives: Vec::new(),
            mask: Mask::none(rows, rows),
            groups: (0..rows as u32).collect(),
        }
    }

    #[test]
    fn with_one_view_every_scoring_is_the_single_vector_loss() {
        let hidden = values(noise([12, 8], 1, &device()));
        let single = objective(Scoring::Global)
            .evaluate(hidden.clone(), 1, &pairs(6), 0.07)
            .unwrap();
        for scoring in [fused(), Scoring::BestPair, Scoring::MeanOfViews] {
            let got = objective(scoring)
                .evaluate(hidden.clone(), 1, &pairs(6), 0.07)
                .unwrap();
            assert_eq!(got.loss, single.loss);
            assert_eq!(got.gradient, single.gradient);
        }
    }

    #[test]
    fn gradients_of_the_outputs_and_the_temperature_agree_with_finite_differences() {
        // InfoNCE, so that nothing is detached.
        let objective = Objective {
            contrast: Contrast {
                hardness: Hardness::None,
                margin: 0.1,
                mask_margin: None,
            },
            matryoshka: vec![(8, 1.0), (4, 0.5)],
            within_groups: 0.7,
            orthogonality: 0.2,
            ..objective(fused())
        };
        let hidden = values(noise([2 * 4 * 3, 8], 2, &device()));
        let pairs = Pairs {
            groups: vec![0, 1, 1, 2],
            ..pairs(4)
        };
        let run = |hidden: &[f32], temperature: f32| {
            objective
                .evaluate(hidden.to_vec(), 3, &pairs, temperature)
                .unwrap()
        };
        let at = run(&hidden, 0.2);
        let h = 2e-3;
        for k in (0..hidden.len()).step_by(7) {
            let mut there = hidden.clone();
            there[k] += h;
            let up = run(&there, 0.2).loss;
            there[k] -= 2.0 * h;
            let slope = (up - run(&there, 0.2).loss) / (2.0 * h);
            assert!(
                (slope - at.gradient[k]).abs() < 2e-3,
                "{k}: {slope} {}",
                at.gradient[k]
            );
        }
        let t = |shift: f32| run(&hidden, (0.2f32.ln() + shift).exp()).loss;
        let slope = (t(h) - t(-h)) / (2.0 * h);
        assert!((slope - at.temperature_gradient).abs() < 2e-3);
    }

    #[test]
    fn within_groups_only_rows_of_one_group_are_negatives() {
        let hidden = values(noise([12, 8], 5, &device()));
        let loss = |within_groups: f32, pairs: &Pairs| {
            let objective = Objective {
                contrast: Contrast::INFO_NCE,
                within_groups,
                ..objective(Scoring::Global)
            };
            let got = objective.evaluate(hidden.clone(), 1, pairs, 0.3).unwrap();
            f64::from(got.loss)
        };
        // Rows 1 and 2 are a group; 4 and 5 would be, but are not each other's negatives.
        let grouped = Pairs {
            groups: vec![0, 1, 1, 2, 3, 3],
            mask: Mask::new(6, 6, |a, b| (a, b) == (5, 4)),
            ..pairs(6)
        };
        let cosine = |a: usize, b: usize| {
            let vector = |at: usize| hidden[at * 8..][..8].iter().map(|&x| f64::from(x));
            let dot: f64 = vector(a).zip(vector(6 + b)).map(|(x, y)| x * y).sum();
            let length = |at| vector(at).map(|x| x * x).sum::<f64>().sqrt();
            dot / length(a) / length(6 + b)
        };
        let below = |right: f64, wrong: f64| ((wrong - right) / 0.3).exp().ln_1p();
        let (a, b) = (cosine(1, 1), cosine(2, 2));
        let (ab, ba) = (cosine(1, 2), cosine(2, 1));
        let within = [below(a, ab), below(b, ba), below(a, ba), below(b, ab)];
        let expected = loss(0.0, &grouped) + 1.5 * within.iter().sum::<f64>() / 4.0;
        assert!((loss(1.5, &grouped) - expected).abs() < 1e-5);
        assert_eq!(loss(1.5, &pairs(6)), loss(0.0, &pairs(6)));
    }

    #[test]
    fn views_that_are_copies_are_noticed() {
        let one = values(noise([4, 8], 3, &device()));
        let twice: Vec<f32> = one.chunks(8).flat_map(|v| [v, v].concat()).collect();
        let got = objective(fused())
            .evaluate(twice, 2, &pairs(2), 0.07)
            .unwrap();
        assert!((got.view_cosine - 1.0).abs() < 1e-5);
        let w = got.patterns;
        assert!((w.gg - 0.25).abs() < 1e-4 && (w.ff - 0.25).abs() < 1e-4);
    }

    #[test]
    fn an_output_that_is_not_a_number_is_an_error() {
        let mut hidden = values(noise([4, 8], 3, &device()));
        hidden[3] = f32::NAN;
        let error = objective(fused())
            .evaluate(hidden, 1, &pairs(2), 0.07)
            .unwrap_err();
        assert_eq!(error.code(), Code::Diverged);
    }
}
