//! The object of `--json`. Its keys are a contract: new ones may come, none goes.

use agff_eval::Difference;
use agff_eval::questions::{Differences, Report};
use agff_eval::retrieval;
use serde::Serialize;

use super::material::Material;
use super::measured::{About, Column, Direction, SetMeasured};
use super::models::Failures;

/// The first column's numbers, and the others below `others`.
#[derive(Serialize)]
pub struct Object<'a> {
    #[serde(flatten)]
    first: ColumnObject<'a>,
    files: Vec<String>,
    inputs: Inputs,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<ColumnObject<'a>>,
}

/// Counts of the distinct inputs.
#[derive(Serialize)]
struct Inputs {
    distinct: usize,
    failed: usize,
    truncated: usize,
}

#[derive(Serialize)]
struct ColumnObject<'a> {
    #[serde(flatten)]
    about: &'a About,
    #[serde(flatten)]
    report: Option<&'a Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Differences>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retrieval: Vec<SetObject<'a>>,
}

#[derive(Serialize)]
struct SetObject<'a> {
    file: &'a str,
    query_to_positive: DirectionObject<'a>,
    positive_to_query: DirectionObject<'a>,
}

#[derive(Serialize)]
struct DirectionObject<'a> {
    #[serde(flatten)]
    report: &'a retrieval::Report,
    /// Of recall@1.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Difference>,
}

impl<'a> Object<'a> {
    /// The object for these columns, the first of which is what the others are compared with.
    pub fn new(
        columns: &'a [Column],
        material: &Material,
        failures: &Failures,
        files: Vec<String>,
    ) -> Option<Self> {
        let (first, others) = columns.split_first()?;
        Some(Self {
            first: ColumnObject::new(first, None, material),
            files,
            inputs: Inputs {
                distinct: material.parts().len(),
                failed: failures.count(),
                truncated: failures.truncated(),
            },
            others: others
                .iter()
                .map(|column| ColumnObject::new(column, Some(first), material))
                .collect(),
        })
    }
}

impl<'a> ColumnObject<'a> {
    fn new(column: &'a Column, first: Option<&Column>, material: &Material) -> Self {
        let measured = &column.measured;
        let set = |(i, set): (usize, &'a SetMeasured)| {
            let first = first.and_then(|first| first.measured.sets.get(i));
            let direction = |of: fn(&SetMeasured) -> &Direction| {
                let own = of(set);
                DirectionObject {
                    report: &own.report,
                    difference: first.map(|set| retrieval::compare(&of(set).found, &own.found)),
                }
            };
            SetObject {
                file: &set.file,
                query_to_positive: direction(|set| &set.query_to_positive),
                positive_to_query: direction(|set| &set.positive_to_query),
            }
        };
        Self {
            about: &column.about,
            report: measured.report.as_ref(),
            difference: first.and_then(|first| measured.differences(material, &first.measured)),
            retrieval: measured.sets.iter().enumerate().map(set).collect(),
        }
    }
}
