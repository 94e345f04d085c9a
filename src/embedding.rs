//! An input's embedding, 1 + K unit vectors, and the fused similarity of two of them.

use serde::{Deserialize, Serialize};

use crate::{Code, Error, Result};

/// How pattern similarities are reduced over views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// Mean-normalised log-sum-exp at the fusion temperature.
    LogSumExp,
    /// The best pair.
    Max,
    /// The mean over pairs.
    Mean,
}

/// The fused similarity's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fusion {
    /// τ_f of the log-sum-exp.
    pub temperature: f32,
    /// How fine views are reduced within a pattern.
    pub reduction: Reduction,
}

/// How a model that was trained with a sigmoid loss turns a cosine into a probability: that this text is of this
/// picture, by itself and not among others (Zhai et al., arXiv 2303.15343).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Probability {
    /// What a cosine is multiplied with.
    pub scale: f32,
    /// What is added to it.
    pub bias: f32,
}

impl Probability {
    /// The probability, between 0 and 1, of a cosine of two whole views that were not cut.
    pub fn of(&self, cosine: f32) -> f32 {
        let logit = f64::from(self.scale) * f64::from(cosine) + f64::from(self.bias);
        (1.0 / (1.0 + (-logit).exp())) as f32
    }
}

/// What the model made of one input: a unit vector for each view, `global` first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    /// Names of the views, `global` first.
    pub views: Vec<String>,
    /// Length of each vector.
    pub dimensions: usize,
    /// The vectors, `[views, dimensions]`.
    pub values: Vec<f32>,
    /// Tokens that the model read: the prefix and all branches.
    pub tokens: usize,
    /// Whether the text was longer than the model reads, and was cut.
    pub truncated: bool,
}

impl Embedding {
    /// Whether there are as many values as views and dimensions say, for an embedding that was made
    /// elsewhere or read from a file.
    ///
    /// # Errors
    /// [`Code::Embedding`].
    pub fn check(&self) -> Result<()> {
        let (views, dimensions) = (self.views.len(), self.dimensions);
        if views > 0 && dimensions > 0 && views.checked_mul(dimensions) == Some(self.values.len()) {
            return Ok(());
        }
        Err(Error::new(
            Code::Embedding,
            "embedding",
            format!(
                "has {} values for {views} views of {dimensions}; it is not whole",
                self.values.len()
            ),
        ))
    }

    /// The unit vector of view `i`.
    pub fn view(&self, i: usize) -> &[f32] {
        &self.values[i * self.dimensions..][..self.dimensions]
    }

    /// The first `dimensions` values of every vector, made unit vectors again (Matryoshka:
    /// Kusupati et al., arXiv 2205.13147).
    ///
    /// # Errors
    /// [`Code::Embedding`] if there are not that many, or none is asked for, or a vector has
    /// nothing left.
    pub fn truncate(&self, dimensions: usize) -> Result<Embedding> {
        self.check()?;
        if dimensions == 0 || dimensions > self.dimensions {
            return Err(Error::new(
                Code::Embedding,
                "dimensions",
                format!(
                    "{dimensions} asked for; this embedding has 1 to {}",
                    self.dimensions
                ),
            ));
        }
        let mut values = Vec::with_capacity(self.views.len() * dimensions);
        for view in self.values.chunks(self.dimensions) {
            values.extend(unit(&view[..dimensions]).ok_or_else(|| {
                Error::new(
                    Code::Embedding,
                    "dimensions",
                    format!("the first {dimensions} values of a vector are all zero; ask for more"),
                )
            })?);
        }
        Ok(Embedding {
            dimensions,
            values,
            ..self.clone()
        })
    }
}

/// The vector divided by its length; `None` if that is zero or not finite.
pub fn unit(vector: &[f32]) -> Option<impl Iterator<Item = f32>> {
    let length = vector
        .iter()
        .map(|&x| x as f64 * x as f64)
        .sum::<f64>()
        .sqrt();
    let usable = length.is_finite() && length > 0.0;
    usable.then(|| vector.iter().map(move |&x| (x as f64 / length) as f32))
}

/// One number for each of the four perception patterns (query view – target view).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Patterns {
    /// Global – global.
    pub gg: f32,
    /// Fine – global.
    pub fg: f32,
    /// Global – fine.
    pub gf: f32,
    /// Fine – fine.
    pub ff: f32,
}

/// How alike two inputs are, and why.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Similarity {
    /// The fused similarity S.
    pub score: f32,
    /// The similarity of each pattern. A pattern that needs fine views which one side does not
    /// have repeats the global similarity and has weight zero.
    pub patterns: Patterns,
    /// How much each pattern counts, ∂S/∂pattern; they sum to one.
    pub weights: Patterns,
    /// The pair of views (of the query, of the target) that contributes most.
    pub best: (usize, usize),
    /// The fine view of the target that contributes most, if it has any: where the target is alike.
    pub fine: Option<usize>,
}

/// The fused similarity (reconstructed from the abstract of arXiv 2602.05729):
///
/// `S = τ · log mean_p exp(s_p / τ)` over the patterns p, each of which reduces the similarities
/// of its view pairs, by default with the same mean-normalised log-sum-exp. Then S is one
/// weighted log-sum-exp over all pairs, with weight 1/2 for a global view and 1/(2K) for each
/// fine one, which is how it is computed.
///
/// # Errors
/// [`Code::Embedding`] if the two have different dimensions, or one is not whole.
pub fn similarity(query: &Embedding, target: &Embedding, fusion: &Fusion) -> Result<Similarity> {
    query.check()?;
    target.check()?;
    fused(Vectors::of(query), Vectors::of(target), fusion)
}

/// The vectors of an embedding without their names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vectors<'a> {
    /// `[views, dimensions]`
    pub values: &'a [f32],
    pub dimensions: usize,
}

impl<'a> Vectors<'a> {
    /// Those of an embedding that is whole.
    pub fn of(embedding: &'a Embedding) -> Self {
        Self {
            values: &embedding.values,
            dimensions: embedding.dimensions,
        }
    }

    fn views(self) -> usize {
        self.values.len() / self.dimensions
    }

    fn view(self, i: usize) -> &'a [f32] {
        &self.values[i * self.dimensions..][..self.dimensions]
    }
}

/// [`similarity`] of bare vectors.
///
/// # Errors
/// [`Code::Embedding`] if the two have different dimensions.
pub(crate) fn fused(query: Vectors, target: Vectors, fusion: &Fusion) -> Result<Similarity> {
    if query.dimensions != target.dimensions {
        return Err(Error::new(
            Code::Embedding,
            "similarity",
            format!(
                "one embedding has {} dimensions, the other {}; truncate both to the same",
                query.dimensions, target.dimensions
            ),
        ));
    }
    let tau = fusion.temperature as f64;
    let (rows, columns) = (query.views(), target.views());
    let mut patterns: [Pattern; 4] = Default::default();
    let mut best = (0, 0, f64::NEG_INFINITY);
    let mut fine = (None, f64::NEG_INFINITY);
    for a in 0..rows {
        for b in 0..columns {
            let s = dot(query.view(a), target.view(b));
            let pattern = &mut patterns[usize::from(a > 0) + 2 * usize::from(b > 0)];
            pattern.push(s, tau);
            // log of the pair's weight: 1/2 for a global view, 1/(2K) for a fine one.
            let share = |i: usize, n: usize| if i == 0 { 0.0 } else { -((n - 1) as f64).ln() };
            let term = s / tau + share(a, rows) + share(b, columns);
            if term > best.2 {
                best = (a, b, term);
            }
            if b > 0 && term > fine.1 {
                fine = (Some(b), term);
            }
        }
    }
    let reduced = patterns.map(|p| p.reduce(fusion.reduction, tau));
    let present = reduced.iter().flatten().count() as f64;
    let most = reduced
        .iter()
        .flatten()
        .fold(f64::NEG_INFINITY, |m, &s| m.max(s));
    let terms = reduced.map(|s| s.map_or(0.0, |s| ((s - most) / tau).exp()));
    let sum: f64 = terms.iter().sum();
    let global = reduced[0].unwrap_or(0.0);
    let of = |values: [f64; 4]| Patterns {
        gg: values[0] as f32,
        fg: values[1] as f32,
        gf: values[2] as f32,
        ff: values[3] as f32,
    };
    Ok(Similarity {
        score: (most + tau * (sum / present).ln()) as f32,
        patterns: of(reduced.map(|s| s.unwrap_or(global))),
        weights: of(terms.map(|t| t / sum)),
        best: (best.0, best.1),
        fine: fine.0,
    })
}

/// In f64, over eight lanes so that the compiler can use vectors.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0.0_f64; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (lane, (&a, &b)) in lanes
        .iter_mut()
        .zip(a.remainder().iter().zip(b.remainder()))
    {
        *lane = f64::from(a) * f64::from(b);
    }
    for (a, b) in a.zip(b) {
        for (lane, (&a, &b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += f64::from(a) * f64::from(b);
        }
    }
    lanes.iter().sum()
}

/// A pattern's view pairs, reduced as they come.
#[derive(Debug, Clone, Copy)]
struct Pattern {
    count: usize,
    most: f64,
    sum: f64,
    /// Σ exp((s − most) / τ)
    exponentials: f64,
}

impl Default for Pattern {
    fn default() -> Self {
        Self {
            count: 0,
            most: f64::NEG_INFINITY,
            sum: 0.0,
            exponentials: 0.0,
        }
    }
}

impl Pattern {
    fn push(&mut self, s: f64, tau: f64) {
        self.count += 1;
        self.sum += s;
        if s > self.most {
            self.exponentials = self.exponentials * ((self.most - s) / tau).exp() + 1.0;
            self.most = s;
        } else {
            self.exponentials += ((s - self.most) / tau).exp();
        }
    }

    fn reduce(&self, reduction: Reduction, tau: f64) -> Option<f64> {
        let count = self.count as f64;
        (self.count > 0).then(|| match reduction {
            Reduction::LogSumExp => self.most + tau * (self.exponentials / count).ln(),
            Reduction::Max => self.most,
            Reduction::Mean => self.sum / count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fixed little generator, so that a failure repeats.
    fn vectors(seed: u64, views: usize, dimensions: usize) -> Embedding {
        let mut state = seed;
        let mut values = Vec::new();
        for _ in 0..views {
            let raw: Vec<f32> = (0..dimensions)
                .map(|_| {
                    state = state
                        .wrapping_mul(6364136223846793005)
                        .wrapping_add(1442695040888963407);
                    (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
                })
                .collect();
            values.extend(unit(&raw).unwrap());
        }
        let views = (0..views).map(|i| format!("v{i}")).collect();
        Embedding {
            views,
            dimensions,
            values,
            tokens: 1,
            truncated: false,
        }
    }

    fn fusion(temperature: f32) -> Fusion {
        Fusion {
            temperature,
            reduction: Reduction::LogSumExp,
        }
    }

    #[test]
    fn the_patterns_and_one_weighted_sum_over_pairs_agree() {
        for (seed, k) in [(1, 1), (2, 3), (3, 4), (4, 8)] {
            for tau in [0.02, 0.05, 0.2] {
                let (q, t) = (vectors(seed, k + 1, 24), vectors(seed + 100, k + 1, 24));
                let got = similarity(&q, &t, &fusion(tau)).unwrap();
                let weight = |i: usize| if i == 0 { 0.5 } else { 0.5 / k as f64 };
                let tau = tau as f64;
                let (mut sum, mut most) = (0.0, (0.0, (0, 0)));
                for a in 0..=k {
                    for b in 0..=k {
                        let term = weight(a) * weight(b) * (dot(q.view(a), t.view(b)) / tau).exp();
                        sum += term;
                        if term > most.0 {
                            most = (term, (a, b));
                        }
                    }
                }
                assert!(
                    (got.score as f64 - tau * sum.ln()).abs() < 1e-6,
                    "seed {seed}"
                );
                assert_eq!(got.best, most.1);
                let p = got.patterns;
                let highest = p.gg.max(p.fg).max(p.gf).max(p.ff);
                assert!(got.score <= highest + 1e-6);
                assert!(got.score >= highest - tau as f32 * 4f32.ln() - 1e-6);
                let w = got.weights;
                assert!((w.gg + w.fg + w.gf + w.ff - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn weights_are_the_derivatives_of_the_score() {
        let (q, t) = (vectors(7, 5, 16), vectors(8, 5, 16));
        let at = similarity(&q, &t, &fusion(0.05)).unwrap();
        // Scaling the target's global view by 1 + h moves gg and fg by h times themselves.
        let h = 1e-3;
        let mut moved = t.clone();
        moved.values[..16].iter_mut().for_each(|x| *x *= 1.0 + h);
        let there = similarity(&q, &moved, &fusion(0.05)).unwrap();
        let slope = (there.score - at.score) / h;
        // ∂S/∂gg · gg + Σ_m ∂S/∂(q_m·t_0) · (q_m·t_0): bounded by the two patterns' shares.
        let low = at.weights.gg * at.patterns.gg - at.weights.fg;
        let high = at.weights.gg * at.patterns.gg + at.weights.fg;
        assert!(
            slope > low - 1e-2 && slope < high + 1e-2,
            "{low} {slope} {high}"
        );
    }

    #[test]
    fn without_fine_views_the_score_is_the_cosine() {
        let (q, t) = (vectors(5, 1, 32), vectors(6, 1, 32));
        let got = similarity(&q, &t, &fusion(0.05)).unwrap();
        assert!((got.score as f64 - dot(&q.values, &t.values)).abs() < 1e-6);
        assert_eq!(
            got.weights,
            Patterns {
                gg: 1.0,
                ..Default::default()
            }
        );
    }

    #[test]
    fn low_temperature_is_the_best_pair_and_max_agrees() {
        let (q, t) = (vectors(9, 5, 16), vectors(10, 5, 16));
        let cold = similarity(&q, &t, &fusion(1e-4)).unwrap();
        let best = dot(q.view(cold.best.0), t.view(cold.best.1)) as f32;
        assert!((cold.score - best).abs() < 1e-3);
        let max = Fusion {
            temperature: 1e-4,
            reduction: Reduction::Max,
        };
        assert!((similarity(&q, &t, &max).unwrap().score - best).abs() < 1e-3);
    }

    #[test]
    fn truncation_gives_unit_vectors_and_names_what_exists() {
        let e = vectors(11, 3, 32);
        let cut = e.truncate(8).unwrap();
        for i in 0..3 {
            assert!((dot(cut.view(i), cut.view(i)) - 1.0).abs() < 1e-6);
        }
        let torn = Embedding {
            views: Vec::new(),
            ..e.clone()
        };
        assert_eq!(
            similarity(&e, &torn, &fusion(0.1)).unwrap_err().code(),
            Code::Embedding
        );
        assert_eq!(e.truncate(0).unwrap_err().code(), Code::Embedding);
        assert_eq!(e.truncate(33).unwrap_err().code(), Code::Embedding);
        assert_eq!(
            similarity(&e, &cut, &fusion(0.1)).unwrap_err().code(),
            Code::Embedding
        );
    }
}
