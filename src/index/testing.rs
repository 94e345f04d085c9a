//! Made-up libraries for the tests: random and clustered vectors, over numbers of views, temperatures, reductions,
//! precisions and weights.

use super::{Index, Precision, Term};
use crate::{Embedding, embedding};
use crate::{Fusion, Reduction};

/// A fixed little generator, so that a failure repeats (Knuth's constants, upper bits).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to 1.
    pub fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() * n as f32) as usize % n
    }

    /// About normal.
    pub fn normal(&mut self) -> f32 {
        (0..6).map(|_| self.next()).sum::<f32>() - 3.0
    }

    pub fn unit(&mut self, dimensions: usize) -> Vec<f32> {
        let raw: Vec<f32> = (0..dimensions).map(|_| self.normal()).collect();
        embedding::unit(&raw).unwrap().collect()
    }

    /// A unit vector near another.
    pub fn near(&mut self, centre: &[f32], spread: f32) -> Vec<f32> {
        let each = spread / (centre.len() as f32).sqrt();
        let raw: Vec<f32> = centre.iter().map(|x| x + each * self.normal()).collect();
        embedding::unit(&raw).unwrap().collect()
    }
}

/// Unit vectors, `[views, dimensions]`.
pub fn vectors(seed: u64, views: usize, dimensions: usize) -> Vec<f32> {
    let mut numbers = Numbers::new(seed);
    (0..views).flat_map(|_| numbers.unit(dimensions)).collect()
}

pub fn names(views: usize) -> Vec<String> {
    (0..views).map(|i| format!("v{i}")).collect()
}

pub fn embedding_of(values: Vec<f32>, views: usize) -> Embedding {
    Embedding {
        views: names(views),
        dimensions: values.len() / views,
        values,
        tokens: 1,
        truncated: false,
    }
}

/// What a library of photos is like: some subjects, photos of each, whose views are near each other, and copies.
pub fn library(
    numbers: &mut Numbers,
    count: usize,
    views: usize,
    dimensions: usize,
) -> Vec<Embedding> {
    let subjects: Vec<Vec<f32>> = (0..7).map(|_| numbers.unit(dimensions)).collect();
    let mut all: Vec<Embedding> = Vec::new();
    for i in 0..count {
        if i % 11 == 10 {
            let copy = numbers.below(all.len());
            all.push(all[copy].clone());
            continue;
        }
        let subject = numbers.below(subjects.len());
        let spread = [0.05, 0.3, 1.0, 4.0][i % 4];
        let photo = numbers.near(&subjects[subject], spread);
        let values = (0..views).flat_map(|_| numbers.near(&photo, 0.5)).collect();
        all.push(embedding_of(values, views));
    }
    all
}

pub struct Case {
    pub seed: u64,
    pub views: usize,
    pub query_views: usize,
    pub dimensions: usize,
    pub temperature: f32,
    pub reduction: Reduction,
    pub precision: Precision,
    pub weights: &'static [f32],
}

impl Case {
    pub fn all() -> Vec<Case> {
        let mut cases = Vec::new();
        let weights: [&[f32]; 4] = [&[1.0], &[1.0, 0.5], &[1.0, -0.7], &[0.3, -1.0, 2.0]];
        let mut seed = 0;
        for (views, query_views) in [(1, 1), (5, 5), (2, 5), (1, 3), (9, 9), (3, 1)] {
            for temperature in [1e-4, 0.02, 0.05, 0.2, 5.0] {
                for reduction in [Reduction::LogSumExp, Reduction::Max, Reduction::Mean] {
                    for precision in [Precision::F32, Precision::Int8] {
                        seed += 1;
                        cases.push(Case {
                            seed,
                            views,
                            query_views,
                            dimensions: [16, 24, 50, 64][seed as usize % 4],
                            temperature,
                            reduction,
                            precision,
                            weights: weights[seed as usize % 5 % 4],
                        });
                    }
                }
            }
        }
        cases
    }

    pub fn fusion(&self) -> Fusion {
        Fusion {
            temperature: self.temperature,
            reduction: self.reduction,
        }
    }

    /// A filled index, and queries.
    pub fn make(&self) -> (Index, Vec<Embedding>) {
        let numbers = &mut Numbers::new(self.seed);
        let mut index = Index::new(
            names(self.views),
            self.dimensions,
            self.fusion(),
            self.precision,
        )
        .unwrap();
        for (i, e) in library(numbers, 150, self.views, self.dimensions)
            .iter()
            .enumerate()
        {
            assert!(index.add(&format!("{i}"), e).unwrap());
        }
        // Some go, so that rows lie in another order than they came, and one comes back.
        for i in (3..150).step_by(13) {
            assert!(index.remove(&format!("{i}")));
        }
        let again = index.get("7").unwrap();
        assert!(index.add("3", &again).unwrap());
        let queries = self.weights.iter().map(|_| {
            let near = index.get(&format!("{}", 4 + numbers.below(6))).unwrap();
            let values = (0..self.query_views)
                .flat_map(|i| numbers.near(near.view(i % self.views), 0.8))
                .collect();
            embedding_of(values, self.query_views)
        });
        let queries = queries.collect();
        (index, queries)
    }

    pub fn terms<'a>(&self, queries: &'a [Embedding]) -> Vec<Term<'a>> {
        let pairs = queries.iter().zip(self.weights);
        pairs
            .map(|(embedding, &weight)| Term { embedding, weight })
            .collect()
    }
}
