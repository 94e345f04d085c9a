//! Derivatives of span attention. With the softmax weights `P` of one head, computed again,
//!
//! ```text
//! dV = Pᵀ · dO      dP = dO · Vᵀ      dS = P ∘ (dP − rowsum(dO ∘ O)) / √head_dim
//! dQ = dS · K       dK = dSᵀ · Q
//! ```
//!
//! (Dao et al., arXiv 2205.14135, appendix B). Rows of different images or texts share no keys:
//! such islands, and in them the key heads, are what threads work on apart from each other, and
//! within them segments follow each other in order, so that sums are the same to the bit.

use super::attention::{BLOCK, Operands};
use super::lanes::sum_of_terms;
use super::product::{Operand, Target};
use super::wide::wide;
use super::{MANY_PRODUCTS, RowsOf, for_jobs};
use crate::ops::attention::{Segment, segments};

/// Derivatives by query, key and value, as wide as these; `None` where not wanted.
pub fn span_attention(
    operands: &Operands,
    output: RowsOf,
    grad: RowsOf,
    wanted: [bool; 3],
) -> [Option<Vec<f32>>; 3] {
    let spec = operands.spec;
    let group = spec.heads / spec.kv_heads;
    let segments = segments(operands.spans, BLOCK);
    let islands = islands(&segments);

    let shapes = [operands.query, operands.key, operands.value];
    let mut results = shapes.map(|rows| vec![0.0; rows.values.len()]);
    for (result, wanted) in results.iter_mut().zip(wanted) {
        if !wanted {
            *result = Vec::new();
        }
    }
    let [query, key, value] = &mut results;
    let targets = [
        (query, operands.query, wanted[0]),
        (key, operands.key, wanted[1]),
        (value, operands.value, wanted[2]),
    ]
    .map(|(result, rows, wanted)| {
        wanted.then(|| Target::new(result, rows.stride).from(0, rows.offset))
    });

    let jobs: Vec<(&[&Segment], usize)> = islands
        .iter()
        .flat_map(|island| (0..spec.kv_heads).map(move |kv_head| (island.as_slice(), kv_head)))
        .collect();
    let share = operands.products(&segments) >= MANY_PRODUCTS;
    for_jobs(share, jobs, |(island, kv_head), scratch: &mut Scratch| {
        for segment in island {
            for head in kv_head * group..(kv_head + 1) * group {
                // SAFETY: no other job has these rows with this query head, or these keys with
                // this key head.
                unsafe { one_head(operands, output, grad, targets, segment, head, scratch) };
            }
        }
    });
    let mut results = results.into_iter().zip(wanted);
    std::array::from_fn(|_| {
        let (result, wanted) = results.next()?;
        wanted.then_some(result)
    })
}

/// The matrices `P` and `dP` of a segment.
#[derive(Default)]
struct Scratch {
    weights: Vec<f32>,
    slopes: Vec<f32>,
}

/// Adds what one head of a segment gives to the derivatives.
///
/// # Safety
/// Nobody else may use the segment's rows of this head, and its keys of this key head.
unsafe fn one_head(
    operands: &Operands,
    output: RowsOf,
    grad: RowsOf,
    [query, key, value]: [Option<Target>; 3],
    segment: &Segment,
    head: usize,
    Scratch { weights, slopes }: &mut Scratch,
) {
    let (rows, dim) = (segment.rows.len(), operands.spec.head_dim);
    let hulls = operands.weights(segment, head, weights);
    let width = weights.len() / rows;
    let (column, kv_column) = (head * dim, operands.kv_column(head));
    let grad_of = grad.operand(segment.rows.start, column);

    let mut first = 0;
    slopes.resize(rows * width, 0.0);
    for hull in hulls.iter().filter(|hull| !hull.is_empty()) {
        let (keys, start) = (hull.len(), hull.start);
        if let Some(value) = value {
            let a = Operand::rows(&weights[first..], width).transposed();
            // SAFETY: promised by the caller, here and below.
            unsafe {
                let target = value.from(start, kv_column);
                target.product([keys, dim, rows], a, grad_of, 1.0, true);
            }
        }
        if query.is_some() || key.is_some() {
            let b = operands.value_of(hull, head).transposed();
            let target = Target::new(&mut slopes[first..], width);
            unsafe { target.product([rows, keys, dim], grad_of, b, 1.0, false) };
        }
        first += keys;
    }
    if query.is_none() && key.is_none() {
        return;
    }

    for (within, row) in segment.rows.clone().enumerate() {
        let part = within * width..(within + 1) * width;
        slopes_of_scores(
            &mut slopes[part.clone()],
            &weights[part],
            &output.row(row)[column..column + dim],
            &grad.row(row)[column..column + dim],
            operands.spec.scale(),
        );
    }

    let mut first = 0;
    for hull in hulls.iter().filter(|hull| !hull.is_empty()) {
        let (keys, start) = (hull.len(), hull.start);
        let slopes = Operand::rows(&slopes[first..], width);
        if let Some(query) = query {
            let b = operands.key_of(hull, head);
            unsafe {
                let target = query.from(segment.rows.start, column);
                target.product([rows, dim, keys], slopes, b, 1.0, first > 0);
            }
        }
        if let Some(key) = key {
            let b = operands.query_of(segment, head);
            unsafe {
                let target = key.from(start, kv_column);
                target.product([keys, dim, rows], slopes.transposed(), b, 1.0, true);
            }
        }
        first += keys;
    }
}

wide! {
    /// Makes a row of `dP` a row of `dS`.
    fn slopes_of_scores(
        slopes: &mut [f32],
        weights: &[f32],
        output: &[f32],
        grad: &[f32],
        scale: f32,
    ) {
        let mean = sum_of_terms([output, grad], |[o, g]| o * g);
        for (slope, weight) in slopes.iter_mut().zip(weights) {
            *slope = weight * (*slope - mean) * scale;
        }
    }
}

/// Segments in groups that share no keys with each other, each in order.
fn islands(segments: &[Segment]) -> Vec<Vec<&Segment>> {
    let mut intervals: Vec<(u32, u32, usize)> = segments
        .iter()
        .enumerate()
        .flat_map(|(i, s)| {
            s.intervals
                .iter()
                .map(move |hull| (hull.start, hull.end, i))
        })
        .filter(|(start, end, _)| start < end)
        .collect();
    intervals.sort_unstable();

    // Each segment points to an earlier one of its island, or to itself.
    let mut earlier: Vec<usize> = (0..segments.len()).collect();
    fn first(earlier: &mut [usize], mut i: usize) -> usize {
        while earlier[i] != i {
            earlier[i] = earlier[earlier[i]];
            i = earlier[i];
        }
        i
    }
    let mut reached = (0, 0);
    for (start, end, i) in intervals {
        if start < reached.0 {
            let (a, b) = (first(&mut earlier, i), first(&mut earlier, reached.1));
            earlier[a.max(b)] = a.min(b);
        }
        if end > reached.0 {
            reached = (end, i);
        }
    }

    let mut islands: Vec<Vec<&Segment>> = Vec::new();
    let mut number = vec![usize::MAX; segments.len()];
    for (i, segment) in segments.iter().enumerate() {
        let leader = first(&mut earlier, i);
        if number[leader] == usize::MAX {
            number[leader] = islands.len();
            islands.push(Vec::new());
        }
        islands[number[leader]].push(segment);
    }
    islands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of_islands(spans: &[[u32; 4]]) -> Vec<Vec<usize>> {
        let segments = segments(spans, 2);
        islands(&segments)
            .iter()
            .map(|island| island.iter().flat_map(|s| s.rows.clone()).collect())
            .collect()
    }

    #[test]
    fn images_and_texts_are_islands_and_a_branch_belongs_to_its_prefix() {
        // An image of three keys, a text of two, and a branch off each.
        let spans = [
            [0, 3, 0, 0],
            [0, 3, 0, 0],
            [0, 3, 0, 0],
            [3, 4, 0, 0],
            [3, 5, 0, 0],
            [0, 3, 5, 6],
            [3, 5, 6, 7],
        ];
        assert_eq!(rows_of_islands(&spans), [vec![0, 1, 2, 5], vec![3, 4, 6]]);
    }

    #[test]
    fn a_row_that_sees_two_islands_joins_them() {
        let spans = [[0, 2, 0, 0], [4, 6, 0, 0], [8, 9, 0, 0], [4, 5, 1, 2]];
        assert_eq!(rows_of_islands(&spans), [vec![0, 1, 3], vec![2]]);
    }
}
