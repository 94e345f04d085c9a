//! The random choices of a scene: one seeded stream for each unit, the same on every machine.
//!
//! The sampling is written out here rather than taken from `rand`, whose algorithms may change with a
//! version: the test set's hash must not.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A stream of choices.
#[derive(Debug, Clone)]
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of number `index` under `seed`. `what` keeps the streams of different uses apart.
    pub fn new(seed: u64, what: &[u8; 8], index: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(what);
        key[16..24].copy_from_slice(&index.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Any 64 bits, to seed another stream with.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.0.next_u32()) * n as u64) >> 32) as usize
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A number from `low` to `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        let unit = (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32;
        low + (high - low) * unit
    }

    /// One of `items`, which are not empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Puts `items` into any order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_fixed_for_all_time() {
        // The choices of seed 1, number 2; whatever changes them changes every scene.
        let mut draw = Draw::new(1, b"testtest", 2);
        let got: Vec<usize> = (0..8).map(|_| draw.below(1000)).collect();
        assert_eq!(got, STREAM);
    }

    const STREAM: [usize; 8] = [149, 211, 480, 848, 481, 739, 827, 455];

    #[test]
    fn choices_cover_their_range_and_stay_in_it() {
        let mut draw = Draw::new(3, b"testtest", 0);
        let mut seen = [false; 7];
        for _ in 0..200 {
            seen[draw.below(7)] = true;
            let x = draw.between(-2.0, 3.0);
            assert!((-2.0..3.0).contains(&x));
        }
        assert_eq!(seen, [true; 7]);
        let mut items: Vec<u32> = (0..20).collect();
        draw.shuffle(&mut items);
        assert_ne!(items, (0..20).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..20).collect::<Vec<_>>());
    }
}
