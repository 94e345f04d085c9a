//! Per-head RMSNorm and rotary positions.

use super::norm::sum_of_squares;
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
        let (cos, sin) = (&cos[row * half..][..half], &sin[row * half..][..half]);
        out.copy_from_slice(&x.row(row)[..heads * head_dim]);
        for head in out.chunks_mut(head_dim) {
            if let Some(epsilon) = spec.norm_epsilon {
                let scale = 1.0 / (sum_of_squares(head) / head_dim as f32 + epsilon).sqrt();
                for (y, w) in head.iter_mut().zip(weight) {
                    *y *= scale * w;
                }
            }
            let (first, second) = head.split_at_mut(half);
            for (((a, b), c), s) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                (*a, *b) = (*a * c - *b * s, *b * c + *a * s);
            }
        }
    });
    out
}
