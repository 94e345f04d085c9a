//! Span attention: blocks of query rows against the hull of their spans, two matrix products and
//! a masked softmax each.

use std::ops::Range;

use super::activation::exp;
use super::lanes::{largest, sum};
use super::product::{Operand, Target};
use super::wide::wide;
use super::{MANY_PRODUCTS, RowsOf, for_jobs};
use crate::ops::attention::{AttentionSpec, Segment, segments};

/// Query rows in a block: the scores of a block stay in the cache.
pub const BLOCK: usize = 64;

/// What attention reads.
#[derive(Clone, Copy)]
pub struct Operands<'a> {
    pub query: RowsOf<'a>,
    pub key: RowsOf<'a>,
    pub value: RowsOf<'a>,
    pub spans: &'a [[u32; 4]],
    pub spec: &'a AttentionSpec,
}

pub fn span_attention(operands: &Operands) -> Vec<f32> {
    let spec = operands.spec;
    let (columns, dim) = (spec.heads * spec.head_dim, spec.head_dim);
    let segments = segments(operands.spans, BLOCK);
    let mut out = vec![0.0; operands.query.count() * columns];
    let target = Target::new(&mut out, columns);

    // One unit of work is a block and a head.
    let jobs: Vec<(&Segment, usize)> = segments
        .iter()
        .flat_map(|segment| (0..spec.heads).map(move |head| (segment, head)))
        .collect();
    let share = operands.products(&segments) >= MANY_PRODUCTS;
    for_jobs(share, jobs, |(segment, head), weights: &mut Vec<f32>| {
        let hulls = operands.weights(segment, head, weights);
        let (rows, width) = (segment.rows.len(), weights.len() / segment.rows.len());
        let target = target.from(segment.rows.start, head * dim);
        let mut column = 0;
        for hull in hulls.into_iter().filter(|hull| !hull.is_empty()) {
            let a = Operand::rows(&weights[column..], width);
            let b = operands.value_of(&hull, head);
            // SAFETY: every job has rows and columns of its own.
            unsafe {
                target.product([rows, dim, hull.len()], a, b, 1.0, column > 0);
            }
            column += hull.len();
        }
    });
    out
}

impl<'a> Operands<'a> {
    /// Multiplications in one of the products.
    pub fn products(&self, segments: &[Segment]) -> usize {
        let pairs: usize = segments
            .iter()
            .map(|s| s.rows.len() * s.intervals.iter().map(|i| i.len()).sum::<usize>())
            .sum();
        pairs * self.spec.heads * self.spec.head_dim
    }

    /// Queries of a segment's rows, `[rows, head_dim]`.
    pub fn query_of(&self, segment: &Segment, head: usize) -> Operand<'a> {
        let dim = self.spec.head_dim;
        self.query.operand(segment.rows.start, head * dim)
    }

    /// Keys of a hull for a query head, `[keys, head_dim]`.
    pub fn key_of(&self, hull: &Range<usize>, head: usize) -> Operand<'a> {
        self.key.operand(hull.start, self.kv_column(head))
    }

    /// Values of a hull for a query head, `[keys, head_dim]`.
    pub fn value_of(&self, hull: &Range<usize>, head: usize) -> Operand<'a> {
        self.value.operand(hull.start, self.kv_column(head))
    }

    /// First column of the key head that serves a query head.
    pub fn kv_column(&self, head: usize) -> usize {
        head / (self.spec.heads / self.spec.kv_heads) * self.spec.head_dim
    }

    /// Makes `out` the softmax weights of one head of a segment, `[rows, keys of both hulls]`,
    /// zero where a row does not see a key of its segment's hulls. Returns the hulls.
    pub fn weights(&self, segment: &Segment, head: usize, out: &mut Vec<f32>) -> [Range<usize>; 2] {
        let (rows, spec) = (segment.rows.len(), self.spec);
        let hulls = segment
            .intervals
            .clone()
            .map(|i| i.start as usize..i.end as usize);
        let width: usize = hulls.iter().map(|h| h.len()).sum();
        out.resize(rows * width, 0.0);

        let mut column = 0;
        for hull in hulls.iter().filter(|h| !h.is_empty()) {
            let a = self.query_of(segment, head);
            let b = self.key_of(hull, head).transposed();
            let target = Target::new(&mut out[column..], width);
            // SAFETY: `out` is borrowed for this alone.
            unsafe {
                target.product([rows, hull.len(), spec.head_dim], a, b, spec.scale(), false);
            }
            column += hull.len();
        }

        softmax_rows(out, width, &hulls, &self.spans[segment.rows.clone()]);
        hulls
    }
}

wide! {
    /// Softmax of every row over the keys that it sees.
    fn softmax_rows(
        scores: &mut [f32],
        width: usize,
        hulls: &[Range<usize>; 2],
        spans: &[[u32; 4]],
    ) {
        let first = hulls[0].len();
        for (scores, span) in scores.chunks_mut(width).zip(spans) {
            let [s0, e0, s1, e1] = span.map(|i| i as usize);
            let visible = [
                s0.max(hulls[0].start) - hulls[0].start..e0.max(s0) - hulls[0].start,
                first + s1.max(hulls[1].start) - hulls[1].start
                    ..first + e1.max(s1) - hulls[1].start,
            ];
            softmax(scores, &visible);
        }
    }
}

/// Softmax over the visible columns of a row; the others become zero.
#[inline(always)]
fn softmax(scores: &mut [f32], visible: &[Range<usize>; 2]) {
    let [first, second] = visible
        .each_ref()
        .map(|range| largest(&scores[range.clone()]));
    let most = first.max(second);
    let mut total = 0.0;
    let mut done = 0;
    for range in visible.iter().filter(|v| !v.is_empty()) {
        scores[done..range.start].fill(0.0);
        let seen = &mut scores[range.clone()];
        for score in &mut *seen {
            *score = exp(*score - most);
        }
        total += sum(seen);
        done = range.end;
    }
    scores[done..].fill(0.0);
    let scale = 1.0 / total;
    scores.iter_mut().for_each(|score| *score *= scale);
}
