//! What the runs of an arm say together.

use crate::run::{ExamOutcome, Outcome};

/// The standard normal distribution's 97.5 % quantile.
const Z: f64 = 1.96;

/// A number of an arm over its seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct OverSeeds {
    /// Of each seed.
    pub values: Vec<f64>,
}

impl OverSeeds {
    /// The mean.
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    /// The least and the largest one.
    pub fn range(&self) -> (f64, f64) {
        let fold = |f: fn(f64, f64) -> f64, from| self.values.iter().copied().fold(from, f);
        (
            fold(f64::min, f64::INFINITY),
            fold(f64::max, f64::NEG_INFINITY),
        )
    }
}

/// A number of all of an arm's runs.
pub fn over_seeds(
    runs: &[&Outcome],
    exam: usize,
    value: impl Fn(&ExamOutcome) -> f64,
) -> OverSeeds {
    OverSeeds {
        values: runs.iter().map(|run| value(&run.exams[exam])).collect(),
    }
}

/// How much better an arm is than another one: the mean over the groups, each group by its share of
/// seeds that are right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    /// Share of groups, this arm's less the other's.
    pub value: f64,
    /// Half the width of its 95 % interval over the groups. It does not know of other seeds.
    pub half: f64,
}

/// The gain of some runs over others of the same questions.
pub fn gain(runs: &[&Outcome], others: &[&Outcome], exam: usize) -> Gain {
    let shares = |runs: &[&Outcome]| -> Vec<f64> {
        let groups = runs[0].exams[exam].groups.len();
        let share = |group: usize| {
            let right = runs
                .iter()
                .filter(|run| run.exams[exam].groups[group].right);
            right.count() as f64 / runs.len() as f64
        };
        (0..groups).map(share).collect()
    };
    let differences: Vec<f64> = shares(runs)
        .iter()
        .zip(shares(others))
        .map(|(a, b)| a - b)
        .collect();
    let n = differences.len() as f64;
    let value = differences.iter().sum::<f64>() / n;
    let variance = differences.iter().map(|d| (d - value).powi(2)).sum::<f64>() / (n - 1.0);
    Gain {
        value,
        half: Z * (variance / n).sqrt(),
    }
}
