//! The fused similarity of a block of records at a time, in f32 and with a bound on its own error.
//!
//! The formula is that of [`similarity`](crate::similarity); there it is computed in f64, pair by pair,
//! and that is what counts. Here each number is an array over the block's records, so that every step is
//! a loop without branches, which the compiler vectorises: the exponentials too, 25 for each record with five
//! views on both sides.

use super::dots::Lane;
use super::rows::BLOCK;
use crate::{Fusion, Reduction};

/// How a number of query views and target views are fused.
#[derive(Debug, Clone)]
pub struct Fuser {
    fusion: Fusion,
    /// Of each pair: its pattern and, in a log-sum-exp over all, its weight.
    pairs: Vec<(usize, f32)>,
    /// Pairs of each pattern.
    counts: [usize; 4],
    /// Whether the first pair is the score: that of the global views.
    global: bool,
}

impl Fuser {
    /// For so many views of the query and of the target.
    pub fn new(fusion: Fusion, query: usize, target: usize) -> Self {
        // Two patterns (one) if a side (both) has no fine views: what is absent has no share.
        let share = |i: usize, views: usize| match (i, views) {
            (_, 1) => 1.0,
            (0, _) => 0.5,
            _ => 0.5 / (views - 1) as f32,
        };
        let mut counts = [0; 4];
        let mut pairs = Vec::with_capacity(query * target);
        for q in 0..query {
            for t in 0..target {
                let pattern = usize::from(q > 0) + 2 * usize::from(t > 0);
                counts[pattern] += 1;
                pairs.push((pattern, share(q, query) * share(t, target)));
            }
        }
        Self {
            fusion,
            pairs,
            counts,
            global: query * target == 1,
        }
    }

    /// For a vector that is compared with the global views of a target alone.
    pub fn global(fusion: Fusion, target: usize) -> Self {
        Self {
            global: true,
            ..Self::new(fusion, 1, target)
        }
    }

    /// The number of pairs.
    pub fn pairs(&self) -> usize {
        self.pairs.len()
    }

    /// How far a score may be off by what this computation rounds, beyond what the pairs are off.
    /// A similarity, its scales and the exact score are each rounded to f32: together less than 10⁻⁶. The
    /// exponentials, their sum and its logarithm are off by less than 4·10⁻⁶, of τ.
    pub fn slack(&self) -> f32 {
        1e-6 + 4e-6 * self.fusion.temperature
    }

    /// The scores of a block's records from their pairs, `[query views · target views]`.
    pub fn scores(&self, pairs: &[Lane]) -> Lane {
        if let (true, Some(pair)) = (self.global, pairs.first()) {
            return *pair;
        }
        match self.fusion.reduction {
            Reduction::LogSumExp => self.log_sum_exp(pairs.iter().zip(self.weights())),
            Reduction::Max => self.patterns(pairs, f32::NEG_INFINITY, larger, |_| 1.0),
            Reduction::Mean => {
                self.patterns(pairs, 0.0, |a, b| a + b, |count| (count as f32).recip())
            }
        }
    }

    fn weights(&self) -> impl Iterator<Item = f32> + Clone {
        self.pairs.iter().map(|&(_, weight)| weight)
    }

    /// Reduces each pattern by itself, and then fuses the patterns.
    fn patterns(
        &self,
        pairs: &[Lane],
        start: f32,
        join: impl Fn(f32, f32) -> f32,
        factor: impl Fn(usize) -> f32,
    ) -> Lane {
        let mut patterns = [[start; BLOCK]; 4];
        for (pair, &(pattern, _)) in pairs.iter().zip(&self.pairs) {
            for (sum, &s) in patterns[pattern].iter_mut().zip(pair) {
                *sum = join(*sum, s);
            }
        }
        let present = self.counts.iter().filter(|&&count| count > 0).count();
        let mut kept = Vec::with_capacity(present);
        for (mut pattern, count) in patterns.into_iter().zip(self.counts) {
            if count > 0 {
                let factor = factor(count);
                pattern.iter_mut().for_each(|s| *s *= factor);
                kept.push(pattern);
            }
        }
        let weight = (present as f32).recip();
        self.log_sum_exp(kept.iter().zip(std::iter::repeat_n(weight, present)))
    }

    /// `τ · log Σ w · exp(s / τ)`
    fn log_sum_exp<'a>(&self, terms: impl Iterator<Item = (&'a Lane, f32)> + Clone) -> Lane {
        let tau = self.fusion.temperature;
        // Zero times this stays zero, whatever the temperature.
        let inverse = tau.recip().min(f32::MAX);
        let mut most = [f32::NEG_INFINITY; BLOCK];
        for (s, _) in terms.clone() {
            for (most, &s) in most.iter_mut().zip(s) {
                *most = larger(*most, s);
            }
        }
        let mut sums = [0.0; BLOCK];
        for (s, weight) in terms {
            for ((sum, &most), &s) in sums.iter_mut().zip(&most).zip(s) {
                *sum += weight * exp((s - most) * inverse);
            }
        }
        let mut scores = most;
        for (score, sum) in scores.iter_mut().zip(sums) {
            *score += tau * sum.ln();
        }
        scores
    }
}

/// The larger one. `f32::max` says more about what is not a number, and is not one instruction in WASM.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// `e^x` for x ≤ 0, within 10⁻⁶ of 1 in all (relative 2·10⁻⁷ near 0, 6·10⁻⁶ at the end, where it is 10⁻³⁸ and does not count).
///
/// 2^y is the product of a power of two, put together as bits, and of 2^f for f in −1/2..1/2, a Taylor polynomial whose
/// next term is below 1.2·10⁻⁷.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LOWEST: f32 = -125.0;
    // Adding 1.5 · 2²³ rounds to a whole number, which is then in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN2: f32 = std::f32::consts::LN_2;
    let y = larger(x * std::f32::consts::LOG2_E, LOWEST);
    let rounded = y + ROUND;
    let f = (y - (rounded - ROUND)) * LN2;
    let p = 1.0 / 720.0;
    let p = p * f + 1.0 / 120.0;
    let p = p * f + 1.0 / 24.0;
    let p = p * f + 1.0 / 6.0;
    let p = p * f + 0.5;
    let p = p * f + 1.0;
    let p = p * f + 1.0;
    let power = rounded.to_bits().wrapping_sub(ROUND.to_bits()) << 23;
    f32::from_bits(p.to_bits().wrapping_add(power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_off_by_less_than_is_allowed_for() {
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
        for i in 0..2_000_000 {
            let x = -(i as f32) / 20_000.0;
            let (got, expected) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((got - expected).abs() < 3e-7, "{x}");
            if x > -80.0 {
                assert!((got / expected - 1.0).abs() < 8e-6, "{x}: {got}");
            }
        }
    }
}
