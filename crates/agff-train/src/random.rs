//! The one place where training gets its randomness.
//!
//! Every use of chance has a stream of its own, named by four numbers: the run's seed, the step,
//! what it is for, and an index. Nothing is drawn from a shared generator, so nothing depends on
//! the order in which threads ask, and nothing needs to be saved in a checkpoint: GradCache's second
//! pass and a resumed run name the same streams and get the same numbers.
//!
//! Uniform numbers are the same on every machine. [`Draw::normal`] goes through the platform's
//! logarithm and cosine, and may differ there in the last bit.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// First values of weights and learned vectors. The index tells tensors apart.
    Weights,
    /// Which source a part of a batch comes from. The index is the part.
    Source,
    /// The order of a source's rows. The step is the epoch, the index the source.
    Order,
    /// How a row's picture is varied. The index is the row within its source.
    Picture {
        /// The row's source.
        source: u16,
        /// Which picture of the row: 0 the query's, 1 the positive's, 2 and on the negatives'.
        side: u16,
    },
    /// Which values a dropout leaves out. The index tells layers and chunks apart.
    Dropout,
}

impl What {
    /// A number that no other purpose has.
    fn code(self) -> u64 {
        match self {
            Self::Weights => 1,
            Self::Source => 2,
            Self::Order => 3,
            Self::Picture { source, side } => 4 | u64::from(source) << 16 | u64::from(side) << 32,
            Self::Dropout => 5,
        }
    }
}

/// A stream of random numbers.
///
/// ChaCha with 8 rounds, whose 256-bit key is the four numbers of the name: two streams are equal
/// only if all four are.
#[derive(Debug, Clone)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of `what` and `index` at a step of the run with this seed.
    pub fn new(seed: u64, step: u64, what: What, index: u64) -> Self {
        let mut key = [0; 32];
        for (bytes, number) in key
            .chunks_exact_mut(8)
            .zip([seed, step, what.code(), index])
        {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The generator itself, for what takes one.
    pub fn generator(&mut self) -> &mut ChaCha8Rng {
        &mut self.0
    }

    /// A number in `[0, 1)`, a multiple of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in `[low, high)`; `low` if they are equal.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number below `count`, each as likely as the others; 0 if `count` is 0.
    pub fn below(&mut self, count: u64) -> u64 {
        // Lemire's method: the high word of a product, redrawn where the low word says that this
        // result would come too often.
        let surplus = match count {
            0 => return 0,
            count => count.wrapping_neg() % count,
        };
        loop {
            let product = u128::from(self.0.next_u64()) * u128::from(count);
            if product as u64 >= surplus {
                return (product >> 64) as u64;
            }
        }
    }

    /// An index, with a probability in proportion to its weight. Weights are not negative; the
    /// last one that is positive also takes what rounding leaves.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        let mut chosen = 0;
        for (i, &weight) in weights.iter().enumerate() {
            if weight > 0.0 {
                chosen = i;
                if left < weight {
                    break;
                }
                left -= weight;
            }
        }
        chosen
    }

    /// A number of the normal distribution with mean 0 and deviation 1 (Box and Muller's).
    pub fn normal(&mut self) -> f64 {
        // 1 − [0, 1) is never 0, so the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Puts `items` in a random order, each order as likely as the others.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, step: u64, what: What, index: u64) -> u64 {
        Draw::new(seed, step, what, index).generator().next_u64()
    }

    #[test]
    fn streams_of_one_name_are_equal_and_all_others_differ() {
        let mut seen = std::collections::HashMap::new();
        let picture = |source, side| What::Picture { source, side };
        let purposes = [What::Weights, What::Source, What::Order, What::Dropout];
        let pictures = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(o, s)| picture(o, s));
        for seed in [0, 1, u64::MAX] {
            for step in [0, 1, 1 << 40] {
                for what in purposes.into_iter().chain(pictures) {
                    for index in [0, 1, 7] {
                        let name = (seed, step, what, index);
                        let value = first(seed, step, what, index);
                        assert_eq!(value, first(seed, step, what, index));
                        let other = seen.insert(value, name);
                        assert!(other.is_none(), "{name:?} and {other:?} draw the same");
                    }
                }
            }
        }
    }

    #[test]
    fn the_numbers_of_a_stream_never_change() {
        // A checkpoint resumed by a later build must go on as it began. Worked out apart from this
        // code: the high word of 1000 times each of the first 64-bit words of the ChaCha8 block
        // with the key (1, 2, 3, 3), nonce and counter 0.
        let mut draw = Draw::new(1, 2, What::Order, 3);
        let drawn = [draw.below(1000), draw.below(1000), draw.below(1000)];
        assert_eq!(drawn, [8, 495, 480]);
    }

    #[test]
    fn whole_numbers_and_units_are_spread_evenly() {
        let mut draw = Draw::new(5, 0, What::Order, 0);
        let (draws, kinds) = (70_000, 7);
        let mut counts = vec![0; kinds];
        let mut sum = 0.0;
        for _ in 0..draws {
            counts[draw.below(kinds as u64) as usize] += 1;
            let unit = draw.unit();
            assert!((0.0..1.0).contains(&unit));
            sum += unit;
        }
        for count in counts {
            // 10 000 expected, deviation 93.
            assert!((9_500..10_500).contains(&count), "{count}");
        }
        assert!((sum / f64::from(draws) - 0.5).abs() < 0.01);
        assert_eq!(draw.below(1), 0);
    }

    #[test]
    fn weights_are_kept_and_nothing_of_weight_zero_is_chosen() {
        let mut draw = Draw::new(5, 0, What::Source, 0);
        let mut counts = [0; 4];
        for _ in 0..40_000 {
            counts[draw.weighted(&[1.0, 0.0, 3.0, 0.0])] += 1;
        }
        assert_eq!((counts[1], counts[3]), (0, 0));
        assert!((9_500..10_500).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_deviation_one() {
        let mut draw = Draw::new(5, 0, What::Weights, 0);
        let numbers: Vec<f64> = (0..40_000).map(|_| draw.normal()).collect();
        let mean = numbers.iter().sum::<f64>() / 40_000.0;
        let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 40_000.0;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
    }

    #[test]
    fn a_shuffle_keeps_everything_and_reaches_every_order() {
        let mut orders = std::collections::HashSet::new();
        for seed in 0..200 {
            let mut items = [0, 1, 2, 3];
            Draw::new(seed, 0, What::Order, 0).shuffle(&mut items);
            let mut sorted = items;
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
            orders.insert(items);
        }
        assert_eq!(orders.len(), 24);
    }
}
