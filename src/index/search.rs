//! The best records for a query, exactly.
//!
//! The fused similarity S changes by no more than the largest change of a pair's similarity (every reduction
//! is a mean or a maximum of some sort). So a scan of the codes gives S_8 ± ε for every record, with
//!
//! ```text
//! |q·t − q̂·t̂| ≤ ‖q‖·‖t − t̂‖ + ‖q − q̂‖·‖t̂‖   (Cauchy and Schwarz; the hats are what codes stand for)
//! ```
//!
//! ‖t − t̂‖ is stored, and ε takes the largest over views. Of a weighted sum of similarities the bounds add up, by the
//! weights' sizes. Records whose upper end does not reach the k-th best lower end are out; the others are
//! scored as [`similarity`](crate::similarity) does, the most promising first, until the next one's upper
//! end is below the k-th best score.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::dots::{self, Lane};
use super::fuse::Fuser;
use super::rows::{BLOCK, QueryCodes};
use super::words::TAUGHT;
use super::{Index, LONGEST, Precision, check_unit};
use crate::embedding::{self, Similarity, Vectors};
use crate::{Code, Embedding, Error, Result};

/// A part of a query: what is looked for or, with a negative weight, what is not.
#[derive(Debug, Clone, Copy)]
pub struct Term<'a> {
    /// A text's or a photo's embedding; longer vectors than the index's are cut.
    pub embedding: &'a Embedding,
    /// What its similarity counts in the score, which is the weighted sum.
    pub weight: f32,
}

/// Which of the records are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchOptions {
    /// How many at most.
    pub limit: usize,
    /// None with a lower score.
    pub min_score: Option<f32>,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self {
            limit: 20,
            min_score: None,
        }
    }
}

/// A record that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The record.
    pub id: String,
    /// The weighted sum of the terms' fused similarities.
    pub score: f32,
    /// How far the score may be from that of the vectors as they were added: 0 for [`Precision::F32`].
    pub error: f32,
    /// The similarity with each term: score, patterns, their weights, and the best pair of views.
    pub terms: Vec<Similarity>,
}

impl Hit {
    /// The term that counts most for this record, by the size of its part of the score.
    pub fn main_term(&self, weights: &[f32]) -> usize {
        let part = |i: &usize| (self.terms[*i].score * weights.get(*i).unwrap_or(&1.0)).abs();
        (0..self.terms.len())
            .rev()
            .max_by(|a, b| part(a).total_cmp(&part(b)))
            .unwrap_or(0)
    }
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The best records, best first; of equal scores the one that was added first.
    pub hits: Vec<Hit>,
    /// How many records were scored in f32.
    pub scored: usize,
}

/// A record that may be among the best, by its codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The record.
    pub id: String,
    /// Its score is not below this.
    pub low: f32,
    /// Nor above this.
    pub high: f32,
}

/// A query that fits the index.
struct Prepared<'a> {
    terms: Vec<(Cow<'a, Embedding>, f32)>,
    codes: QueryCodes,
    /// Of each term, in the order of the codes.
    fusers: Vec<Fuser>,
    /// The bound on a record's error is `per_error · (its own error) + fixed`.
    per_error: f32,
    fixed: f32,
}

/// A row by number, with the ends of its score.
#[derive(Debug, Clone, Copy)]
struct Bounded {
    row: usize,
    low: f32,
    high: f32,
}

impl Index {
    /// The records with the highest scores, the same as if all scores were computed as
    /// [`similarity`](crate::similarity) does.
    ///
    /// # Errors
    /// [`Code::Input`] if there is no term or a weight is not a number; [`Code::Embedding`] if a term's
    /// vectors do not fit.
    pub fn search(&self, terms: &[Term<'_>], options: &SearchOptions) -> Result<Found> {
        let query = self.prepare(terms)?;
        let candidates = self.bounded(&query, options, true);
        let mut best: BinaryHeap<Ranked> = BinaryHeap::new();
        let mut scored = 0;
        for candidate in candidates {
            let full = best.len() == options.limit;
            if full
                && best
                    .peek()
                    .is_some_and(|worst| candidate.high < worst.score)
            {
                break;
            }
            scored += 1;
            let terms = self.exact(&query, candidate.row)?;
            let score = weighted(&terms, &query);
            if options.min_score.is_some_and(|least| score < least) {
                continue;
            }
            best.push(Ranked {
                score,
                order: self.order[candidate.row],
                row: candidate.row,
                terms,
            });
            if best.len() > options.limit {
                best.pop();
            }
        }
        let error = |row: usize| match self.precision() {
            Precision::F32 => 0.0,
            Precision::Int8 => self.bound(&query, self.rows.error(row)),
        };
        let hits = best.into_sorted_vec().into_iter().map(|ranked| Hit {
            id: self.ids[ranked.row].clone(),
            score: ranked.score,
            error: error(ranked.row),
            terms: ranked.terms,
        });
        Ok(Found {
            hits: hits.collect(),
            scored,
        })
    }

    /// What may be among the best for the vectors *as they were added*, most promising first: for an index of
    /// [`Precision::Int8`] whose owner keeps the original vectors elsewhere and scores these with
    /// [`similarity`](crate::similarity).
    ///
    /// # Errors
    /// As [`search`](Self::search).
    pub fn candidates(
        &self,
        terms: &[Term<'_>],
        options: &SearchOptions,
    ) -> Result<Vec<Candidate>> {
        let query = self.prepare(terms)?;
        let bounded = self.bounded(&query, options, false);
        Ok(bounded
            .into_iter()
            .map(|candidate| Candidate {
                id: self.ids[candidate.row].clone(),
                low: candidate.low,
                high: candidate.high,
            })
            .collect())
    }

    fn prepare<'a>(&self, terms: &[Term<'a>]) -> Result<Prepared<'a>> {
        if terms.is_empty() {
            let message = "there is nothing to search for; give a text or a photo";
            return Err(Error::new(Code::Input, "query", message));
        }
        let mut query = Prepared {
            terms: Vec::with_capacity(terms.len()),
            codes: QueryCodes::default(),
            fusers: Vec::with_capacity(terms.len()),
            per_error: 0.0,
            fixed: 0.0,
        };
        for term in terms {
            if !term.weight.is_finite() {
                let message = format!("the weight {} is not a finite number", term.weight);
                return Err(Error::new(Code::Input, "query", message));
            }
            let embedding = term.embedding;
            embedding.check()?;
            let embedding = match embedding.dimensions == self.dimensions() {
                true => Cow::Borrowed(embedding),
                false => Cow::Owned(self.cut(embedding)?),
            };
            check_unit(&embedding.values, self.dimensions()).map_err(|e| e.about("query"))?;
            let error = query
                .codes
                .push(&embedding.values, self.dimensions(), self.rows.stride());
            let fuser = match is_taught(&embedding) {
                true => Fuser::global(self.fusion, self.views.len()),
                false => Fuser::new(self.fusion, embedding.views.len(), self.views.len()),
            };
            let weight = term.weight.abs();
            // With ‖t̂‖ ≤ ‖t‖ + ‖t − t̂‖.
            query.per_error += weight * (LONGEST + error);
            query.fixed += weight * (error * LONGEST + fuser.slack());
            query.terms.push((embedding, term.weight));
            query.fusers.push(fuser);
        }
        // What rounds in these sums themselves.
        query.per_error *= 1.000_01;
        query.fixed *= 1.000_01;
        Ok(query)
    }

    /// ε of a record whose vectors are off by `error`.
    fn bound(&self, query: &Prepared<'_>, error: f32) -> f32 {
        query.per_error * error + query.fixed
    }

    /// The rows that may be among the best, the most promising first. With `stored` the score of what is
    /// stored is meant, which the codes of [`Precision::Int8`] are; else that of what was added.
    fn bounded(&self, query: &Prepared<'_>, options: &SearchOptions, stored: bool) -> Vec<Bounded> {
        if options.limit == 0 || self.is_empty() {
            return Vec::new();
        }
        let coded = stored && self.precision() == Precision::Int8;
        let views = self.rows.views();
        let all: usize = query.fusers.iter().map(Fuser::pairs).sum();
        let mut pairs: Vec<Lane> = vec![[0.0; BLOCK]; all];
        let mut rows = Vec::with_capacity(self.len());
        for (number, block) in self.rows.blocks().iter().enumerate() {
            let stride = self.rows.stride();
            dots::similarities(&query.codes, block, views, 0..views, stride, &mut pairs);
            let mut scores = [0.0; BLOCK];
            let mut rest = &pairs[..];
            for (fuser, (_, weight)) in query.fusers.iter().zip(&query.terms) {
                let (own, after) = rest.split_at(fuser.pairs());
                rest = after;
                for (score, term) in scores.iter_mut().zip(fuser.scores(own)) {
                    *score += weight * term;
                }
            }
            for (at, (&score, &error)) in
                scores.iter().zip(&block.errors).take(block.len).enumerate()
            {
                let error = if coded { 0.0 } else { error };
                let bound = self.bound(query, error);
                rows.push(Bounded {
                    row: number * BLOCK + at,
                    low: score - bound,
                    high: score + bound,
                });
            }
        }
        let least = options.min_score.unwrap_or(f32::NEG_INFINITY);
        let least = if rows.len() > options.limit {
            let mut lows: Vec<f32> = rows.iter().map(|row| row.low).collect();
            let (_, &mut kth, _) =
                lows.select_nth_unstable_by(options.limit - 1, |a, b| b.total_cmp(a));
            least.max(kth)
        } else {
            least
        };
        rows.retain(|row| row.high >= least);
        rows.sort_unstable_by(|a, b| b.high.total_cmp(&a.high));
        rows
    }

    /// The similarities of a row with every term, in full.
    fn exact(&self, query: &Prepared<'_>, row: usize) -> Result<Vec<Similarity>> {
        let values = self.rows.values(row);
        let dimensions = self.dimensions();
        query
            .terms
            .iter()
            .map(|(embedding, _)| {
                let seen = match is_taught(embedding) {
                    true => dimensions,
                    false => values.len(),
                };
                let target = Vectors {
                    values: &values[..seen],
                    dimensions,
                };
                embedding::fused(Vectors::of(embedding), target, &self.fusion)
            })
            .collect()
    }
}

/// Whether a query is a taught word, which is compared with global views alone.
fn is_taught(query: &Embedding) -> bool {
    query.views == [TAUGHT]
}

/// The score: the weighted sum of the terms' similarities.
fn weighted(terms: &[Similarity], query: &Prepared<'_>) -> f32 {
    let parts = terms.iter().zip(&query.terms);
    parts
        .map(|(term, (_, weight))| f64::from(*weight) * f64::from(term.score))
        .sum::<f64>() as f32
}

/// A scored row; the greatest is the one that is dropped first.
struct Ranked {
    score: f32,
    order: u64,
    row: usize,
    terms: Vec<Similarity>,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let worse = other.score.total_cmp(&self.score);
        worse.then(self.order.cmp(&other.order))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

#[cfg(test)]
mod tests;
