//! Per-head RMSNorm and rotary positions.

use super::lanes::sum_of_squares;
use super::wide::wide;
use super::{RowsOf, for_chunks};
use crate::ops::rotary::RotarySpec;

pub fn norm_rotary(
    x: RowsOf,
    weight: &[f32],
    cos: &[f32],
    sin: &[f32],
    spec: &RotarySpec,
) -> Vec<f32> {
    let (heads, head_dim, half) = (spec.heads, spec.head_dim, spec.head_dim / 2);
    let mut out = vec![0.0; x.count() * heads * head_dim];
    for_chunks(&mut out, heads * head_dim, |row, out| {
        let angles = [&cos[row * half..][..half], &sin[row * half..][..half]];
        out.copy_from_slice(&x.row(row)[..heads * head_dim]);
        norm_rotary_row(out, weight, angles, spec.norm_epsilon);
    });
    out
}

wide! {
    fn norm_rotary_row(
        row: &mut [f32],
        weight: &[f32],
        angles: [&[f32]; 2],
        norm_epsilon: Option<f32>,
    ) {
        let [cos, sin] = angles;
        let half = cos.len();
        for head in row.chunks_exact_mut(2 * half) {
            if let Some(epsilon) = norm_epsilon {
                let scale = 1.0 / (sum_of_squares(head) / head.len() as f32 + epsilon).sqrt();
                for (y, w) in head.iter_mut().zip(weight) {
                    *y *= scale * w;
                }
            }
            let (first, second) = head.split_at_mut(half);
            for (((a, b), c), s) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                (*a, *b) = (*a * c - *b * s, *b * c + *a * s);
            }
        }
    }
}
