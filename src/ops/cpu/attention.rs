//! Span attention: blocks of query rows against the hull of their spans, two matrix products and
//! a masked softmax each.

use super::linear::exp;
use super::{RowsOf, for_chunks};
use crate::ops::attention::{AttentionSpec, Segment, segments};

/// Query rows in a block: the scores of a block stay in the cache.
const BLOCK: usize = 64;

pub fn span_attention(
    query: RowsOf,
    key: RowsOf,
    value: RowsOf,
    spans: &[[u32; 4]],
    spec: &AttentionSpec,
) -> Vec<f32> {
    let columns = spec.heads * spec.head_dim;
    let group = spec.heads / spec.kv_heads;
    let segments = segments(spans, BLOCK);

    // One unit of work is a block and a head. Its result is written apart and put into the row
    // layout afterwards, so that units can run on several cores.
    let mut units = vec![0.0; query.count() * columns];
    let mut begin = 0;
    let mut starts = Vec::new();
    for segment in &segments {
        starts.push(begin);
        begin += segment.rows.len() * columns;
    }
    let one = |segment: &Segment, head: usize, out: &mut [f32], scratch: &mut Vec<f32>| {
        attend(
            query,
            key,
            value,
            spans,
            spec,
            segment,
            head,
            head / group,
            out,
            scratch,
        );
    };

    let mut jobs: Vec<(&Segment, usize, &mut [f32])> =
        Vec::with_capacity(segments.len() * spec.heads);
    let mut rest = units.as_mut_slice();
    for segment in &segments {
        for head in 0..spec.heads {
            let (out, tail) = rest.split_at_mut(segment.rows.len() * spec.head_dim);
            jobs.push((segment, head, out));
            rest = tail;
        }
    }
    #[cfg(feature = "threads")]
    {
        use rayon::prelude::*;
        jobs.into_par_iter()
            .for_each_init(Vec::new, |scratch, (segment, head, out)| {
                one(segment, head, out, scratch)
            });
    }
    #[cfg(not(feature = "threads"))]
    {
        let mut scratch = Vec::new();
        for (segment, head, out) in jobs {
            one(segment, head, out, &mut scratch);
        }
    }

    let mut out = vec![0.0; units.len()];
    let block_of: Vec<usize> = segments
        .iter()
        .enumerate()
        .flat_map(|(i, s)| s.rows.clone().map(move |_| i))
        .collect();
    for_chunks(&mut out, columns, |row, out| {
        let block = block_of[row];
        let (rows, within) = (segments[block].rows.len(), row - segments[block].rows.start);
        for (head, out) in out.chunks_mut(spec.head_dim).enumerate() {
            let at = starts[block] + (head * rows + within) * spec.head_dim;
            out.copy_from_slice(&units[at..at + spec.head_dim]);
        }
    });
    out
}

/// One head of one block: `out` is `[rows of the segment, head_dim]`.
#[expect(
    clippy::too_many_arguments,
    reason = "the operands of one inner function"
)]
fn attend(
    query: RowsOf,
    key: RowsOf,
    value: RowsOf,
    spans: &[[u32; 4]],
    spec: &AttentionSpec,
    segment: &Segment,
    head: usize,
    kv_head: usize,
    out: &mut [f32],
    scores: &mut Vec<f32>,
) {
    let (rows, dim) = (segment.rows.len(), spec.head_dim);
    let hulls = segment
        .intervals
        .clone()
        .map(|i| i.start as usize..i.end as usize);
    let width: usize = hulls.iter().map(|h| h.len()).sum();
    scores.resize(rows * width, 0.0);

    let mut column = 0;
    for hull in hulls.iter().filter(|h| !h.is_empty()) {
        // scores[:, column..] = scale · Q · Kᵀ
        product(
            Matrix {
                values: &mut scores[column..],
                stride: width,
            },
            [rows, hull.len(), dim],
            (query.from(segment.rows.start, head * dim), query.stride, 1),
            (key.from(hull.start, kv_head * dim), 1, key.stride),
            spec.scale(),
            false,
        );
        column += hull.len();
    }

    for (row, scores) in scores.chunks_mut(width).enumerate() {
        let [s0, e0, s1, e1] = spans[segment.rows.start + row].map(|i| i as usize);
        let first = hulls[0].len();
        let visible = [
            s0.max(hulls[0].start) - hulls[0].start..e0.max(s0) - hulls[0].start,
            first + s1.max(hulls[1].start) - hulls[1].start..first + e1.max(s1) - hulls[1].start,
        ];
        softmax(scores, &visible);
    }

    let mut column = 0;
    for hull in hulls.iter().filter(|h| !h.is_empty()) {
        product(
            Matrix {
                values: out,
                stride: dim,
            },
            [rows, dim, hull.len()],
            (&scores[column..], width, 1),
            (value.from(hull.start, kv_head * dim), value.stride, 1),
            1.0,
            column > 0,
        );
        column += hull.len();
    }
}

/// Softmax over the visible columns of a row; the others become zero.
fn softmax(scores: &mut [f32], visible: &[std::ops::Range<usize>; 2]) {
    let most = visible
        .iter()
        .flat_map(|v| &scores[v.clone()])
        .fold(f32::NEG_INFINITY, |most, &score| most.max(score));
    let mut sum = 0.0;
    let mut done = 0;
    for range in visible.iter().filter(|v| !v.is_empty()) {
        scores[done..range.start].fill(0.0);
        for score in &mut scores[range.clone()] {
            *score = exp(*score - most);
        }
        sum += scores[range.clone()].iter().sum::<f32>();
        done = range.end;
    }
    scores[done..].fill(0.0);
    let scale = 1.0 / sum;
    scores.iter_mut().for_each(|score| *score *= scale);
}

struct Matrix<'a> {
    values: &'a mut [f32],
    stride: usize,
}

/// `out = scale · a · b`, or `out += …`; operands are (values, row stride, column stride).
fn product(
    out: Matrix,
    [m, n, k]: [usize; 3],
    (a, a_row, a_column): (&[f32], usize, usize),
    (b, b_row, b_column): (&[f32], usize, usize),
    scale: f32,
    accumulate: bool,
) {
    assert!(out.values.len() >= (m - 1) * out.stride + n);
    assert!(a.len() > (m - 1) * a_row + (k - 1) * a_column);
    assert!(b.len() > (k - 1) * b_row + (n - 1) * b_column);
    // SAFETY: the assertions above hold every element that is read or written.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.values.as_mut_ptr(),
            1,
            out.stride as isize,
            accumulate,
            a.as_ptr(),
            a_column as isize,
            a_row as isize,
            b.as_ptr(),
            b_column as isize,
            b_row as isize,
            if accumulate { 1.0 } else { 0.0 },
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
