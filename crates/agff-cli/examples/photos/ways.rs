//! Ways to make one score of how alike a text is to each view of a picture.

use agff::{Embedding, Fusion, Reduction};

/// Length of the part of a photo's vector that says what it shows; the rest says how it looks.
pub const MEANING: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// A way to compare a text, which has one vector, with a picture's views.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way {
    /// The whole picture alone.
    Global,
    /// The best region.
    Max,
    /// The mean over regions.
    Mean,
    /// `τ log mean exp(s / τ)` over the whole and all regions alike.
    Flat(f32),
    /// The fused similarity (docs/method.md): the whole counts as much as all regions together.
    Patterns(f32),
}

impl Way {
    /// The score of the similarities with the views; the first one is that of the whole picture. With a whole
    /// without regions, it is the region.
    pub fn score(self, similarities: &[f64]) -> f64 {
        let whole = similarities[0];
        let regions = match similarities {
            [_] => similarities,
            [_, regions @ ..] => regions,
            [] => return f64::NAN,
        };
        match self {
            Self::Global => whole,
            Self::Max => most(regions),
            Self::Mean => regions.iter().sum::<f64>() / regions.len() as f64,
            Self::Flat(tau) => log_mean_exp(similarities, tau),
            Self::Patterns(tau) => log_mean_exp(&[whole, log_mean_exp(regions, tau)], tau),
        }
    }
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn log_mean_exp(values: &[f64], tau: f32) -> f64 {
    let (tau, most) = (f64::from(tau), most(values));
    let sum: f64 = values.iter().map(|s| ((s - most) / tau).exp()).sum();
    most + tau * (sum / values.len() as f64).ln()
}

/// The similarities of a query's first view with each view of a target.
pub fn similarities(query: &Embedding, target: &Embedding) -> Vec<f64> {
    let query = query.view(0);
    (0..target.views.len())
        .map(|i| dot(query, target.view(i)))
        .collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut lanes = [0.0_f64; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += f64::from(*a) * f64::from(*b);
        }
    }
    lanes.iter().sum()
}

/// The library's own fused similarity.
///
/// # Errors
/// If the two are not of one model.
pub fn fused(query: &Embedding, target: &Embedding, temperature: f32) -> agff::Result<f64> {
    let fusion = Fusion {
        temperature,
        reduction: Reduction::LogSumExp,
    };
    agff::similarity(query, target, &fusion).map(|found| f64::from(found.score))
}

/// An embedding with some of its views only.
pub fn with_views(embedding: &Embedding, views: &[usize]) -> Embedding {
    Embedding {
        views: views.iter().map(|&i| embedding.views[i].clone()).collect(),
        values: views
            .iter()
            .flat_map(|&i| embedding.view(i))
            .copied()
            .collect(),
        ..embedding.clone()
    }
}
