//! What a model or a baseline came to: every answer, and the counts.

use agff::tensors::Dtype;
use agff_eval::data::Part;
use agff_eval::questions::{self, Answer, Differences, Report};
use agff_eval::retrieval::{self, Found, Pool};
use agff_eval::{Difference, Rate};
use serde::Serialize;

use super::material::Material;

/// A column of the report: a model or a baseline, and what it came to.
pub struct Column {
    pub about: About,
    pub measured: Measured,
}

/// What made a column's numbers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct About {
    /// What it is called beside the others.
    pub name: String,
    /// The kind of baseline, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<&'static str>,
    #[serde(flatten)]
    pub model: Option<AboutModel>,
}

/// The model of a column.
#[derive(Debug, Clone, Serialize)]
pub struct AboutModel {
    /// The name in its manifest.
    pub model: String,
    pub trained: bool,
    pub dtype: Dtype,
    /// The one view that was compared; null if all were fused.
    pub view: Option<String>,
    pub dimensions: usize,
    pub device: String,
}

/// Every answer, and the counts.
pub struct Measured {
    /// One for each question.
    pub answers: Vec<Option<Answer>>,
    /// `None` if there are no questions.
    pub report: Option<Report>,
    pub sets: Vec<SetMeasured>,
}

/// What was found in the rows of a file.
pub struct SetMeasured {
    pub file: String,
    pub query_to_positive: Direction,
    pub positive_to_query: Direction,
}

/// A search in one direction.
pub struct Direction {
    pub found: Vec<Option<Found>>,
    pub report: retrieval::Report,
}

impl Measured {
    /// Answers and searches everything.
    pub fn new<'e, E: Sync + 'e>(
        material: &Material,
        embed: impl Fn(&Part) -> Option<&'e E> + Sync,
        similarity: impl Fn(&E, &E) -> f32 + Sync,
    ) -> Self {
        let answers = questions::score(&material.questions, &embed, &similarity);
        let direction = |pool: &Pool<'_>| {
            let found = retrieval::search(pool, &embed, &similarity);
            Direction {
                report: retrieval::Report::new(pool, &found),
                found,
            }
        };
        let sets = material.sets.iter().map(|set| {
            let pool = set.pool();
            SetMeasured {
                file: set.file.clone(),
                query_to_positive: direction(&pool),
                positive_to_query: direction(&pool.reversed()),
            }
        });
        Self {
            report: (!answers.is_empty()).then(|| Report::new(&material.questions, &answers)),
            sets: sets.collect(),
            answers,
        }
    }

    /// Whether anything was answered or found.
    pub fn is_empty(&self) -> bool {
        let searches = self.sets.iter().map(|set| &set.query_to_positive.report);
        let asked = self.report.iter().map(|report| report.overall.questions);
        asked
            .chain(searches.map(|report| report.queries))
            .sum::<usize>()
            == 0
    }

    /// How this differs from the first column; `None` without questions.
    pub fn differences(&self, material: &Material, first: &Self) -> Option<Differences> {
        let compare = || questions::compare(&material.questions, &first.answers, &self.answers);
        (!self.answers.is_empty()).then(compare)
    }
}

impl SetMeasured {
    /// Both directions with their names.
    pub fn directions(&self) -> [(&'static str, &Direction); 2] {
        [
            ("query to positive", &self.query_to_positive),
            ("positive to query", &self.positive_to_query),
        ]
    }
}

/// A rate as people read it.
pub fn percent(value: f64) -> String {
    format!("{:.1} %", 100.0 * value)
}

/// An interval as people read it, in percent.
pub fn interval(rate: &Rate) -> String {
    format!("{:.1} – {:.1}", 100.0 * rate.low, 100.0 * rate.high)
}

/// A difference as people read it, in percentage points, with its interval.
pub fn points(difference: &Difference) -> String {
    let point = |value: f64| match (100.0 * value, value) {
        (-0.05..0.05, _) => "0.0".to_owned(),
        (points, 0.0..) => format!("+{points:.1}"),
        (points, _) => format!("−{:.1}", -points),
    };
    format!(
        "{} [{}, {}]",
        point(difference.value),
        point(difference.low),
        point(difference.high)
    )
}

/// The probability of a difference as people read it.
pub fn probability(difference: &Difference) -> String {
    match difference.p {
        ..0.001 => "p < 0.001".to_owned(),
        p => format!("p = {p:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agff_eval::{paired, wilson};

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(percent(1.0 / 3.0), "33.3 %");
        assert_eq!(interval(&wilson(0, 20)), "0.0 – 16.1");
        let outcomes = |count: usize| vec![(true, false); count];
        let worse = paired(outcomes(12).into_iter().chain([(false, false); 38]));
        assert_eq!(points(&worse), "−24.0 [−37.4, −12.0]");
        assert_eq!(probability(&worse), "p < 0.001");
        let same = paired([(true, true); 54]);
        assert_eq!(points(&same), "0.0 [−6.6, +6.6]");
        assert_eq!(probability(&same), "p = 1.000");
    }
}
