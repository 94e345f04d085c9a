//! Softmax over the largest values of each row.

use super::activation::exp;
use super::for_chunks;

pub fn top_softmax(x: &[f32], width: usize, keep: usize, temperature: f32) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    for_chunks(&mut out, width, |row, out| {
        let x = &x[row * width..][..width];
        let mut sorted = x.to_vec();
        let descending = |a: &f32, b: &f32| b.total_cmp(a);
        let (_, &mut smallest, _) = sorted.select_nth_unstable_by(keep.min(width) - 1, descending);
        let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for (y, &x) in out.iter_mut().zip(x) {
            // What is not a number stays in, and shows.
            let left_out = x < smallest;
            if !left_out {
                *y = exp((x - largest) / temperature);
                sum += *y;
            }
        }
        out.iter_mut().for_each(|y| *y /= sum);
    });
    out
}
