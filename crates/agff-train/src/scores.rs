//! The similarity of every query with every target, as a tensor that gradients go through.
//!
//! [`scores`] is [`similarity`](agff::similarity) for whole batches; what an ablation compares it
//! with, a single vector or the best pair, is here as well.

use burn::tensor::{Device, Tensor, TensorData};

use agff::{Fusion, Reduction};

/// How the similarities of view pairs become one.
#[derive(Debug, Clone, PartialEq)]
pub enum Scoring {
    /// The fused similarity of the package (reconstructed from the abstract of arXiv 2602.05729).
    Fused(Fusion),
    /// The cosine of the views' mean vectors, all views alike.
    MeanOfViews,
    /// The best pair of views.
    BestPair,
    /// For each query view the best target view, averaged (MaxSim: ColBERT, arXiv 2004.12832).
    MaxSim,
    /// The first views alone.
    Global,
}

/// S of every query with every target, `[queries, targets]`.
///
/// `query` is `[queries · views, dimensions]`, an input's views one after the other, and `target`
/// likewise; both are unit vectors.
pub fn scores(query: Tensor<2>, target: Tensor<2>, views: usize, scoring: &Scoring) -> Tensor<2> {
    let first = |x: Tensor<2>| {
        let [rows, width] = x.dims();
        x.reshape([rows / views, views, width]).narrow(1, 0, 1)
    };
    let [rows, columns] = [query.dims()[0] / views, target.dims()[0] / views];
    let flat = |pairs: Tensor<2>| pairs.reshape([rows, columns]);
    match scoring {
        _ if views == 1 => query.matmul(target.transpose()),
        Scoring::Global => {
            let (query, target) = (first(query), first(target));
            let width = query.dims()[2];
            query
                .reshape([rows, width])
                .matmul(target.reshape([columns, width]).transpose())
        }
        Scoring::MeanOfViews => {
            let mean = |x: Tensor<2>, count: usize| {
                let width = x.dims()[1];
                unit(
                    x.reshape([count, views, width])
                        .sum_dim(1)
                        .reshape([count, width]),
                )
            };
            mean(query, rows).matmul(mean(target, columns).transpose())
        }
        Scoring::BestPair => flat(pairs(query, target, views).max_dim(1)),
        Scoring::MaxSim => {
            let best = pairs(query, target, views)
                .reshape([rows * columns * views, views])
                .max_dim(1);
            flat(best.reshape([rows * columns, views]).mean_dim(1))
        }
        Scoring::Fused(fusion) => flat(fused(pairs(query, target, views), views, fusion)),
    }
}

/// The similarities of all view pairs of all inputs, `[queries · targets, views · views]`: for
/// each query view the target views.
fn pairs(query: Tensor<2>, target: Tensor<2>, views: usize) -> Tensor<2> {
    let [rows, columns] = [query.dims()[0] / views, target.dims()[0] / views];
    query
        .matmul(target.transpose())
        .reshape([rows, views, columns, views])
        .swap_dims(1, 2)
        .reshape([rows * columns, views * views])
}

/// Fused similarities, `[rows, 1]`, of pair similarities `[rows, views · views]`.
fn fused(pairs: Tensor<2>, views: usize, fusion: &Fusion) -> Tensor<2> {
    let tau = fusion.temperature;
    if fusion.reduction == Reduction::LogSumExp {
        // One weighted sum over all pairs: 1/2 for a global view, 1/(2K) for a fine one.
        let share = |view: usize| match view {
            0 => 0.5,
            _ => 0.5 / (views - 1) as f32,
        };
        let log_weights: Vec<f32> = (0..views * views)
            .map(|pair| (share(pair / views) * share(pair % views)).ln())
            .collect();
        let log_weights = row(log_weights, &pairs.device());
        return log_sum_exp(pairs / tau + log_weights) * tau;
    }
    let rows = pairs.dims()[0];
    let grid = pairs.reshape([rows, views, views]);
    let part = |queries: std::ops::Range<usize>, targets: std::ops::Range<usize>| {
        let count = queries.len() * targets.len();
        let part = grid.clone().slice([0..rows, queries, targets]);
        let part = part.reshape([rows, count]);
        match fusion.reduction {
            Reduction::Max => part.max_dim(1),
            Reduction::Mean | Reduction::LogSumExp => part.mean_dim(1),
        }
    };
    let patterns = [
        part(0..1, 0..1),
        part(1..views, 0..1),
        part(0..1, 1..views),
        part(1..views, 1..views),
    ];
    let patterns = Tensor::cat(patterns.to_vec(), 1);
    (log_sum_exp(patterns / tau) - 4f32.ln()) * tau
}

/// log Σ exp of every row, `[rows, 1]`.
fn log_sum_exp(x: Tensor<2>) -> Tensor<2> {
    let most = x.clone().max_dim(1).detach();
    (x - most.clone()).exp().sum_dim(1).log() + most
}

/// Every row divided by its length.
pub fn unit(x: Tensor<2>) -> Tensor<2> {
    let length = x.clone().square().sum_dim(1).sqrt();
    x / length.clamp_min(1e-12)
}

fn row(values: Vec<f32>, device: &Device) -> Tensor<2> {
    let width = values.len();
    Tensor::from_data(TensorData::new(values, [1, width]), device)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{device, noise, values};
    use super::*;
    use agff::{Embedding, similarity};

    fn embeddings(vectors: &Tensor<2>, views: usize) -> Vec<Embedding> {
        let [rows, dimensions] = vectors.dims();
        let all = values(vectors.clone());
        (0..rows / views)
            .map(|i| Embedding {
                views: (0..views).map(|v| format!("view-{v}")).collect(),
                dimensions,
                values: all[i * views * dimensions..][..views * dimensions].to_vec(),
                tokens: 1,
                truncated: false,
            })
            .collect()
    }

    #[test]
    fn scores_equal_the_similarity_of_single_embeddings() {
        for views in [1, 2, 5] {
            for reduction in [Reduction::LogSumExp, Reduction::Max, Reduction::Mean] {
                for temperature in [0.02, 0.1] {
                    let fusion = Fusion {
                        temperature,
                        reduction,
                    };
                    let query = unit(noise([3 * views, 16], 1, &device()));
                    let target = unit(noise([4 * views, 16], 2, &device()));
                    let (q, t) = (embeddings(&query, views), embeddings(&target, views));
                    let got = values(scores(query, target, views, &Scoring::Fused(fusion)));
                    for i in 0..3 {
                        for j in 0..4 {
                            let expected = similarity(&q[i], &t[j], &fusion).unwrap().score;
                            let difference = (got[i * 4 + j] - expected).abs();
                            assert!(difference < 1e-6, "{views} {reduction:?}: {difference}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn without_fine_views_every_scoring_is_the_cosine() {
        let query = unit(noise([3, 8], 3, &device()));
        let target = unit(noise([2, 8], 4, &device()));
        let cosine = values(query.clone().matmul(target.clone().transpose()));
        for scoring in [
            Scoring::Global,
            Scoring::MeanOfViews,
            Scoring::BestPair,
            Scoring::MaxSim,
        ] {
            let got = values(scores(query.clone(), target.clone(), 1, &scoring));
            assert_eq!(got, cosine, "{scoring:?}");
        }
    }

    #[test]
    fn the_best_pair_and_max_sim_pick_what_they_say() {
        // Two views each; the second query view is the first target view.
        let query = Tensor::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device());
        let target = Tensor::from_data([[0.0f32, 1.0], [0.0, -1.0]], &device());
        let of = |scoring| values(scores(query.clone(), target.clone(), 2, &scoring))[0];
        assert_eq!(of(Scoring::BestPair), 1.0);
        assert_eq!(of(Scoring::MaxSim), 0.5);
        assert_eq!(of(Scoring::Global), 0.0);
        assert_eq!(of(Scoring::MeanOfViews), 0.0);
    }
}
