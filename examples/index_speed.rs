//! The index's search against brute force in f32, in turn on the same vectors.
//!
//!     cargo run -p agff --example index_speed [records] [rounds]
//!
//! Three contestants give the same 20 best records, which is checked every time: the index (integers first, f32
//! for what may be among the best); a plain loop over all records with products in f32, eight at a time
//! for the compiler to vectorise; and `similarity` for every record, which is the definition and computes in
//! f64. One core each.

use std::time::Instant;

use agff::index::{Index, Precision, SearchOptions, Term};
use agff::{Embedding, similarity};
use agff::{Fusion, Reduction};

const VIEWS: usize = 5;
const DIMENSIONS: usize = 256;
const FUSION: Fusion = Fusion {
    temperature: 0.05,
    reduction: Reduction::LogSumExp,
};

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|a| a.parse().expect("a number"));
    let records: usize = arguments.next().unwrap_or(20_000);
    let rounds: usize = arguments.next().unwrap_or(15);
    let mut numbers = Numbers(1);
    let library = numbers.library(records);
    let names: Vec<String> = (0..VIEWS).map(|i| format!("view-{i}")).collect();
    let mut index = Index::new(names, DIMENSIONS, FUSION, Precision::F32).expect("a valid index");
    for (i, embedding) in library.iter().enumerate() {
        index.add(&i.to_string(), embedding).expect("unit vectors");
    }

    let mut times: [Vec<f64>; 3] = Default::default();
    let mut scored = 0;
    for _ in 0..rounds {
        let query = numbers.query(&library);
        let term = Term {
            embedding: &query,
            weight: 1.0,
        };
        let mut results = Vec::new();
        for (contestant, times) in times.iter_mut().enumerate() {
            let started = Instant::now();
            results.push(match contestant {
                0 => {
                    let found = index
                        .search(&[term], &SearchOptions::default())
                        .expect("a query");
                    scored += found.scored;
                    found
                        .hits
                        .iter()
                        .map(|hit| hit.id.parse().expect("a number"))
                        .collect()
                }
                1 => best(library.iter().map(|target| fused_f32(&query, target))),
                _ => best(library.iter().map(|target| {
                    similarity(&query, target, &FUSION)
                        .expect("vectors of one length")
                        .score
                })),
            });
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
        assert_eq!(results[0], results[2], "the index and the definition agree");
        let both = results[0].iter().filter(|&row| results[1].contains(row));
        assert!(
            both.count() >= 19,
            "the plain loop agrees but for what it rounds"
        );
    }
    println!(
        "{records} records × {VIEWS} views × {DIMENSIONS} dimensions, best of {rounds} (median)"
    );
    println!("records scored in full: {} of {records}", scored / rounds);
    let [ours, ..] = times.each_ref().map(|times| summary(times));
    for (name, times) in ["index", "plain f32 loop", "similarity for each"]
        .iter()
        .zip(&times)
    {
        let (best, median) = summary(times);
        println!(
            "{name:<20} {best:7.2} ms ({median:.2}), {:.1} × the index ({:.1})",
            best / ours.0,
            median / ours.1
        );
    }
}

/// The shortest time and the median.
fn summary(times: &[f64]) -> (f64, f64) {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    (times[0], times[times.len() / 2])
}

/// The 20 best.
fn best(scores: impl Iterator<Item = f32>) -> Vec<usize> {
    let mut all: Vec<(usize, f32)> = scores.enumerate().collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.into_iter().take(20).map(|(row, _)| row).collect()
}

/// The weighted log-sum-exp over all pairs, in f32.
fn fused_f32(query: &Embedding, target: &Embedding) -> f32 {
    let weight = |i: usize| {
        if i == 0 {
            0.5
        } else {
            0.5 / (VIEWS - 1) as f32
        }
    };
    let mut terms = [(0.0_f32, 0.0_f32); VIEWS * VIEWS];
    for q in 0..VIEWS {
        for t in 0..VIEWS {
            terms[q * VIEWS + t] = (dot(query.view(q), target.view(t)), weight(q) * weight(t));
        }
    }
    let most = terms
        .iter()
        .fold(f32::NEG_INFINITY, |most, term| most.max(term.0));
    let sum: f32 = terms
        .iter()
        .map(|(s, weight)| weight * ((s - most) / FUSION.temperature).exp())
        .sum();
    most + FUSION.temperature * sum.ln()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for i in 0..8 {
            lanes[i] += a[i] * b[i];
        }
    }
    lanes.iter().sum()
}

/// Numbers that are always the same.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }

    /// A unit vector about `spread` from another.
    fn near(&mut self, centre: &[f32], spread: f32) -> Vec<f32> {
        let each = spread / (centre.len() as f32).sqrt();
        let raw: Vec<f32> = centre
            .iter()
            .map(|x| x + each * ((0..6).map(|_| self.next()).sum::<f32>() - 3.0))
            .collect();
        let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
        raw.into_iter().map(|x| x / length).collect()
    }

    fn embedding(&mut self, centre: &[f32], spread: f32) -> Embedding {
        let photo = self.near(centre, spread);
        Embedding {
            views: (0..VIEWS).map(|i| format!("view-{i}")).collect(),
            dimensions: DIMENSIONS,
            values: (0..VIEWS).flat_map(|_| self.near(&photo, 0.5)).collect(),
            tokens: 0,
            truncated: false,
        }
    }

    /// What vectors of photos are like: all in one cone, subjects in it, and photos of each subject.
    fn library(&mut self, records: usize) -> Vec<Embedding> {
        let cone = self.near(&[0.0; DIMENSIONS], 1.0);
        let subjects: Vec<Vec<f32>> = (0..200).map(|_| self.near(&cone, 1.0)).collect();
        (0..records)
            .map(|i| self.embedding(&subjects[(i * 7919) % subjects.len()], 0.6))
            .collect()
    }

    /// A photo of a subject that the library has.
    fn query(&mut self, library: &[Embedding]) -> Embedding {
        let like = (self.next() * library.len() as f32) as usize % library.len();
        self.embedding(library[like].view(0), 0.6)
    }
}
