//! Shares of right answers, and how far they may be from the truth.
//!
//! All intervals are at 95 %, and take the counted units (questions, groups, queries) as independent.

use serde::{Deserialize, Serialize};

/// The standard normal distribution's 97.5 % quantile.
const Z: f64 = 1.959_963_984_540_054;

/// A share of a count, with its Wilson interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// `correct / count`; 0 if nothing was counted.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How many were right.
    pub correct: usize,
    /// Of how many.
    pub count: usize,
}

/// `correct` of `count`, with the 95 % score interval of Wilson (Journal of the American Statistical
/// Association 22, 1927): it stays within 0 and 1, and is right for small counts and extreme shares too.
/// Of nothing nothing is known: the interval is 0 to 1.
pub fn wilson(correct: usize, count: usize) -> Rate {
    let correct = correct.min(count);
    if count == 0 {
        return Rate {
            value: 0.0,
            low: 0.0,
            high: 1.0,
            correct,
            count,
        };
    }
    let (n, value) = (count as f64, correct as f64 / count as f64);
    let z2 = Z * Z;
    let centre = (value + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z * (value * (1.0 - value) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
    Rate {
        value,
        // At the ends the formula gives 0 and 1 but for rounding.
        low: if correct == 0 { 0.0 } else { centre - half },
        high: if correct == count { 1.0 } else { centre + half },
        correct,
        count,
    }
}

impl Rate {
    /// The rate of what was right.
    pub fn of(outcomes: impl IntoIterator<Item = bool>) -> Self {
        let (mut correct, mut count) = (0, 0);
        for right in outcomes {
            correct += usize::from(right);
            count += 1;
        }
        wilson(correct, count)
    }
}

/// How much better a second model is than a first one on the same units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The second one's rate less the first one's.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Units that only the first got right.
    pub only_first: usize,
    /// Units that only the second got right.
    pub only_second: usize,
    /// Probability of a split of these as uneven as this one or more if both were equally good:
    /// McNemar's test in its exact form.
    pub p: f64,
}

/// Compares two models on the same units, each `(first was right, second was right)`.
///
/// The interval is Newcombe's for paired proportions (Statistics in Medicine 17, 1998, method 10): it
/// joins both Wilson intervals by the correlation of the outcomes, and so has a width even where the
/// two never differ.
pub fn paired(outcomes: impl IntoIterator<Item = (bool, bool)>) -> Difference {
    let (mut both, mut only_first, mut only_second, mut neither) = (0, 0, 0, 0);
    for outcome in outcomes {
        *match outcome {
            (true, true) => &mut both,
            (true, false) => &mut only_first,
            (false, true) => &mut only_second,
            (false, false) => &mut neither,
        } += 1;
    }
    let count = both + only_first + only_second + neither;
    let first = wilson(both + only_first, count);
    let second = wilson(both + only_second, count);
    let value = second.value - first.value;
    let phi = correlation(both, only_second, only_first, neither);
    let reach = |a: f64, b: f64| (a * a - 2.0 * phi * a * b + b * b).max(0.0).sqrt();
    let down = reach(second.value - second.low, first.high - first.value);
    let up = reach(second.high - second.value, first.value - first.low);
    Difference {
        value,
        low: (value - down).max(-1.0),
        high: (value + up).min(1.0),
        only_first,
        only_second,
        p: mcnemar(only_first, only_second),
    }
}

/// The outcomes' correlation with Newcombe's correction for continuity, from the table `[[a, b], [c, d]]`.
fn correlation(a: usize, b: usize, c: usize, d: usize) -> f64 {
    let [a, b, c, d] = [a, b, c, d].map(|n| n as f64);
    let margins = (a + b) * (c + d) * (a + c) * (b + d);
    if margins == 0.0 {
        return 0.0;
    }
    let cross = a * d - b * c;
    let corrected = if cross > 0.0 {
        (cross - (a + b + c + d) / 2.0).max(0.0)
    } else {
        cross
    };
    corrected / margins.sqrt()
}

/// Two-sided probability of a fair coin falling as unevenly as `a` to `b`.
fn mcnemar(a: usize, b: usize) -> f64 {
    let n = a + b;
    // Terms C(n, i) / 2^n, by their logarithms: 2^n is beyond f64 for some thousand coins.
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for i in 0..=a.min(b) {
        tail += log_term.exp();
        log_term += ((n - i) as f64 / (i + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(is: f64, should: f64, what: &str) {
        assert!((is - should).abs() < 5e-5, "{what}: {is}, not {should}");
    }

    #[test]
    fn wilson_intervals_are_the_published_ones() {
        // Examples of Newcombe, Statistics in Medicine 17 (1998), 857-872, method 3.
        for (correct, count, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let rate = wilson(correct, count);
            near(rate.low, low, "low");
            near(rate.high, high, "high");
            let mirrored = wilson(count - correct, count);
            near(mirrored.low, 1.0 - high, "mirrored low");
            near(mirrored.high, 1.0 - low, "mirrored high");
        }
    }

    #[test]
    fn of_nothing_nothing_is_known_and_the_ends_are_exact() {
        let nothing = wilson(0, 0);
        assert_eq!((nothing.value, nothing.low, nothing.high), (0.0, 0.0, 1.0));
        assert_eq!(wilson(0, 7).low, 0.0);
        assert_eq!(wilson(7, 7).high, 1.0);
        assert_eq!(Rate::of([true, false, true, true]), wilson(3, 4));
    }

    fn outcomes(both: usize, first: usize, second: usize, neither: usize) -> Vec<(bool, bool)> {
        [
            ((true, true), both),
            ((true, false), first),
            ((false, true), second),
            ((false, false), neither),
        ]
        .into_iter()
        .flat_map(|(outcome, count)| std::iter::repeat_n(outcome, count))
        .collect()
    }

    #[test]
    fn paired_intervals_are_the_published_ones() {
        // Examples of Newcombe, Statistics in Medicine 17 (1998), 2635-2650, method 10.
        for (table, value, low, high) in [
            ([36, 2, 12, 0], 0.2, 0.0569, 0.3404),
            ([54, 0, 0, 0], 0.0, -0.0664, 0.0664),
        ] {
            let [both, first, second, neither] = table;
            let got = paired(outcomes(both, first, second, neither));
            near(got.value, value, "value");
            near(got.low, low, "low");
            near(got.high, high, "high");
            // The other way round it is the negative.
            let back = paired(outcomes(both, second, first, neither));
            near(back.low, -high, "low backwards");
            near(back.high, -low, "high backwards");
        }
    }

    #[test]
    fn mcnemar_is_the_fair_coin() {
        near(mcnemar(2, 12), 2.0 * 106.0 / 16384.0, "1 + 14 + 91 of 2^14");
        assert_eq!(mcnemar(0, 0), 1.0);
        assert_eq!(mcnemar(5, 5), 1.0);
        assert_eq!(mcnemar(12, 2), mcnemar(2, 12));
        let many = mcnemar(50_000, 51_000);
        assert!(many > 0.0016 && many < 0.0017, "{many}");
    }
}
