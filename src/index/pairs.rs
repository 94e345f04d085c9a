//! Pairs of records that are nearly the same: all pairs above a similarity.
//!
//! Every block of records meets every block before it, so that what is read stays in the cache. As in a search, the codes
//! bound the similarity of a pair, and pairs that may reach the threshold are computed in full: the pairs *equal*
//! those of computing all of them in f32. The work grows with the square of the number of records; with
//! [`Alike::Fused`] it is as many times that of [`Alike::Global`] as there are pairs of views.

use std::ops::Range;

use super::dots::{self, Lane};
use super::fuse::Fuser;
use super::rows::{BLOCK, QueryCodes};
use super::{Index, LONGEST, Precision};
use crate::Fusion;
use crate::embedding::{self, Vectors, dot};
use crate::{Code, Error, Result};

/// What makes two records alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alike {
    /// The cosine of their global views; 1 for a copy.
    #[default]
    Global,
    /// Their fused similarity; that of a copy depends on how its views differ from each other.
    Fused,
}

/// Which pairs are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairOptions {
    /// What their similarity is.
    pub alike: Alike,
    /// The least similarity.
    pub threshold: f32,
    /// Most pairs that are kept, the most similar ones.
    pub limit: usize,
}

/// Two records and their similarity; `first` was added before `second`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The id of one.
    pub first: String,
    /// The id of the other.
    pub second: String,
    /// Their similarity.
    pub score: f32,
}

/// Pairs, the most similar first; of equal ones those that were added first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NearDuplicates {
    found: Vec<Numbered>,
    /// Whether there were more than the limit.
    pub more: bool,
}

/// Two rows, the earlier one first, with their places in the order of insertion.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Numbered {
    score: f32,
    rows: (usize, usize),
    order: (u64, u64),
}

impl NearDuplicates {
    /// Adds pairs, and keeps the best.
    pub fn extend(&mut self, other: NearDuplicates, limit: usize) {
        self.more |= other.more;
        self.found.extend(other.found);
        self.cut(limit);
    }

    /// The number of pairs.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    fn cut(&mut self, limit: usize) {
        self.found.sort_unstable_by(|a, b| {
            let by_score = b.score.total_cmp(&a.score);
            by_score.then(a.order.cmp(&b.order))
        });
        self.more |= self.found.len() > limit;
        self.found.truncate(limit);
    }
}

/// Views of a block's records that meet another block together, as those of a query do.
const TOGETHER: usize = 5;

/// The records of a block as queries, some of them together.
struct Groups {
    /// Records of a group; the last one may have fewer.
    each: usize,
    codes: Vec<QueryCodes>,
}

impl Index {
    /// How many blocks of records there are, for [`near_duplicates_in`](Self::near_duplicates_in).
    pub fn blocks(&self) -> usize {
        self.rows.blocks().len()
    }

    /// All pairs of records that are as similar as `options` say.
    ///
    /// # Errors
    /// [`Code::Input`] if the threshold is not a number.
    pub fn near_duplicates(&self, options: &PairOptions) -> Result<Vec<Pair>> {
        let found = self.near_duplicates_in(0..self.blocks(), options)?;
        Ok(self.pairs(&found))
    }

    /// The pairs of records of some blocks with those before them, so that one can stop in between and
    /// say how far it is. Put together with [`NearDuplicates::extend`], those of all blocks are all pairs.
    ///
    /// # Errors
    /// [`Code::Input`] if the threshold is not a number.
    pub fn near_duplicates_in(
        &self,
        blocks: Range<usize>,
        options: &PairOptions,
    ) -> Result<NearDuplicates> {
        if options.threshold.is_nan() {
            let message = "the least similarity is not a number";
            return Err(Error::new(Code::Input, "threshold", message));
        }
        let blocks = blocks.start..blocks.end.min(self.blocks());
        #[cfg(feature = "threads")]
        let parts: Vec<NearDuplicates> = {
            use rayon::prelude::*;
            blocks
                .into_par_iter()
                .map(|block| self.pairs_of(block, options))
                .collect::<Result<_>>()?
        };
        #[cfg(not(feature = "threads"))]
        let parts = blocks
            .map(|block| self.pairs_of(block, options))
            .collect::<Result<Vec<_>>>()?;
        let mut all = NearDuplicates::default();
        for part in parts {
            all.extend(part, options.limit);
        }
        Ok(all)
    }

    /// The pairs with their ids.
    pub fn pairs(&self, found: &NearDuplicates) -> Vec<Pair> {
        let id = |row: usize| self.ids[row].clone();
        let pair = |pair: &Numbered| Pair {
            first: id(pair.rows.0),
            second: id(pair.rows.1),
            score: pair.score,
        };
        found.found.iter().map(pair).collect()
    }

    /// The pairs of one block's records with those before them.
    fn pairs_of(&self, number: usize, options: &PairOptions) -> Result<NearDuplicates> {
        let stored = self.rows.views();
        let views = match options.alike {
            Alike::Global => 1,
            Alike::Fused => stored,
        };
        let fuser = Fuser::new(self.fusion, views, views);
        let mut found = NearDuplicates::default();
        let (blocks, stride) = (self.rows.blocks(), self.rows.stride());
        let own = &blocks[number];
        let groups = self.groups_of(number, views);
        let mut lanes: Vec<Lane> = Vec::new();
        for (other, block) in blocks.iter().enumerate().take(number + 1) {
            let rows_and_groups = (0..own.len).step_by(groups.each).zip(&groups.codes);
            for (start, codes) in rows_and_groups {
                lanes.resize(codes.scales.len() * views, [0.0; BLOCK]);
                dots::similarities(codes, block, stored, 0..views, stride, &mut lanes);
                for (at, pairs) in (start..).zip(lanes.chunks_exact(fuser.pairs())) {
                    let scores = fuser.scores(pairs);
                    let before = if other == number { at } else { block.len };
                    for (with, &score) in scores.iter().enumerate().take(before) {
                        // As for a query, but both sides are codes.
                        let (error, with_error) = (own.errors[at], block.errors[with]);
                        let bound = match self.precision() {
                            Precision::F32 => LONGEST * (error + with_error) + error * with_error,
                            Precision::Int8 => 0.0,
                        };
                        if score + bound + fuser.slack() < options.threshold {
                            continue;
                        }
                        let rows = (number * BLOCK + at, other * BLOCK + with);
                        let score = self.alike(rows, options.alike, &self.fusion)?;
                        if score >= options.threshold {
                            found.found.push(self.numbered(score, rows));
                            // All of a library may be alike; then only the best are kept on the way.
                            if found.found.len() >= options.limit.saturating_mul(2).max(BLOCK) {
                                found.cut(options.limit);
                            }
                        }
                    }
                }
            }
        }
        found.cut(options.limit);
        Ok(found)
    }

    /// A block's codes, which have 8 bits, as those of queries, without another error: some records
    /// together, so that what they meet is read once for all of them.
    fn groups_of(&self, number: usize, views: usize) -> Groups {
        let (block, stride, stored) = (
            &self.rows.blocks()[number],
            self.rows.stride(),
            self.rows.views(),
        );
        let each = (TOGETHER / views).max(1);
        let rows: Vec<usize> = (0..block.len).collect();
        let group = |rows: &[usize]| {
            let mut group = QueryCodes::default();
            for row in rows {
                let first = row * stored;
                let codes = &block.codes[first * stride..][..views * stride];
                group
                    .codes
                    .extend(codes.iter().map(|&code| i16::from(code)));
                group.scales.extend(&block.scales[first..][..views]);
            }
            group
        };
        Groups {
            each,
            codes: rows.chunks(each).map(group).collect(),
        }
    }

    /// The similarity of two rows in full; that which came first is the query.
    fn alike(&self, (a, b): (usize, usize), alike: Alike, fusion: &Fusion) -> Result<f32> {
        let (a, b) = if self.order[a] < self.order[b] {
            (a, b)
        } else {
            (b, a)
        };
        let (a, b) = (self.rows.values(a), self.rows.values(b));
        let dimensions = self.dimensions();
        if alike == Alike::Global {
            return Ok(dot(&a[..dimensions], &b[..dimensions]) as f32);
        }
        let of = |values| Vectors { values, dimensions };
        Ok(embedding::fused(of(&a), of(&b), fusion)?.score)
    }

    fn numbered(&self, score: f32, (a, b): (usize, usize)) -> Numbered {
        let rows = if self.order[a] < self.order[b] {
            (a, b)
        } else {
            (b, a)
        };
        Numbered {
            score,
            rows,
            order: (self.order[rows.0], self.order[rows.1]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::testing::Case;
    use crate::similarity;

    #[test]
    fn near_duplicates_are_those_of_brute_force() {
        for case in Case::all()
            .iter()
            .filter(|c| c.weights.len() == 1 && c.query_views == c.views)
        {
            let (index, _) = case.make();
            let ids = index.ids();
            for alike in [Alike::Global, Alike::Fused] {
                let mut expected = Vec::new();
                for (j, b) in ids.iter().enumerate() {
                    for a in &ids[..j] {
                        let (x, y) = (index.get(a).unwrap(), index.get(b).unwrap());
                        let score = match alike {
                            Alike::Global => embedding::dot(x.view(0), y.view(0)) as f32,
                            Alike::Fused => similarity(&x, &y, &case.fusion()).unwrap().score,
                        };
                        expected.push((a.to_string(), b.to_string(), score));
                    }
                }
                // Stable; the pairs were in the order of their second, and are wanted in that of their first.
                let place = |id: &str| ids.iter().position(|other| *other == id).unwrap();
                expected.sort_by(|a, b| b.2.total_cmp(&a.2).then(place(&a.0).cmp(&place(&b.0))));
                let threshold = expected[40].2;
                let wanted: Vec<_> = expected
                    .iter()
                    .filter(|p| p.2 >= threshold)
                    .cloned()
                    .collect();
                let options = PairOptions {
                    alike,
                    threshold,
                    limit: 1000,
                };
                let of = |pairs: Vec<Pair>| -> Vec<(String, String, f32)> {
                    pairs
                        .into_iter()
                        .map(|p| (p.first, p.second, p.score))
                        .collect()
                };
                assert_eq!(
                    of(index.near_duplicates(&options).unwrap()),
                    wanted,
                    "seed {}",
                    case.seed
                );

                let options = PairOptions {
                    limit: 5,
                    ..options
                };
                let mut steps = NearDuplicates::default();
                for block in 0..index.blocks() {
                    let more = index
                        .near_duplicates_in(block..block + 1, &options)
                        .unwrap();
                    steps.extend(more, options.limit);
                }
                assert_eq!(of(index.pairs(&steps)), wanted[..5], "seed {}", case.seed);
                assert!(steps.more);
            }
        }
    }
}
