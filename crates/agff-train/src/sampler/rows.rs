//! What the sampler knows of rows: which of them share a query, a target, a label or a group.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::path::PathBuf;

use agff::{Code, Error, Result};
use agff_eval::data::{Part, Row};

/// No label.
pub(super) const NONE: u32 = u32::MAX;

/// The rows of all sources, as far as choosing among them needs.
///
/// What is equal is found by content: texts but for the space around them, images by their paths.
/// Labels are shared by all sources; groups are each source's own.
#[derive(Debug, Default)]
pub struct RowSet {
    pub(super) sources: Vec<Source>,
    /// Texts and images, without instruction.
    pub(super) parts: Numbers<(Option<String>, Option<PathBuf>)>,
    /// Queries: their texts and images, with what is asked of them.
    queries: Numbers<(u32, Option<String>)>,
    pub(super) labels: Numbers<String>,
}

/// A source's rows.
#[derive(Debug)]
pub(super) struct Source {
    name: String,
    pub(super) weight: f64,
    pub(super) rows: Vec<RowFacts>,
    /// Where each group's rows begin in `members`.
    pub(super) groups: Vec<u32>,
    members: Vec<u32>,
    pub(super) smallest_group: usize,
}

/// A row by numbers that are equal where the things are.
#[derive(Debug)]
pub(super) struct RowFacts {
    /// The query with its instruction.
    pub(super) query: u32,
    /// The query without its instruction, comparable with targets.
    pub(super) query_part: u32,
    /// The positive, without instruction.
    pub(super) positive: u32,
    pub(super) negatives: Box<[u32]>,
    /// [`NONE`] if there is none.
    pub(super) label: u32,
    /// Other labels that fit its query, and its positive: what their pictures show beside it.
    pub(super) also: [Box<[u32]>; 2],
    /// Its group among those of its source.
    pub(super) group: u32,
}

/// Numbers for things, from 0 on, equal for equal things.
#[derive(Debug)]
pub(super) struct Numbers<T>(HashMap<T, u32>);

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Hash + Eq> Numbers<T> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn of(&mut self, thing: T) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(thing).or_insert(next)
    }
}

impl RowSet {
    /// No rows yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a source; its number is how many there were before. `name` is for messages, `weight` is
    /// how often it is drawn from beside the others, 0 for never.
    ///
    /// # Errors
    /// [`Code::Data`] for a weight that is no number from 0 on, a source without rows, and one with
    /// more than 2³¹.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        weight: f64,
        rows: impl IntoIterator<Item = impl Borrow<Row>>,
    ) -> Result<()> {
        let name = name.into();
        let mut facts = Vec::new();
        // The group of each row; a row without is one by itself.
        let mut groups: Numbers<String> = Numbers::default();
        let mut members: Vec<Vec<u32>> = Vec::new();
        let mut place_of = Vec::new();
        for row in rows {
            let row = row.borrow();
            let place = match &row.group {
                None => members.len(),
                Some(group) => {
                    let number = groups.of(group.clone()) as usize;
                    if number == place_of.len() {
                        place_of.push(members.len());
                    }
                    place_of[number]
                }
            };
            if place == members.len() {
                members.push(Vec::new());
            }
            members[place].push(facts.len() as u32);
            facts.push(self.facts(row, place as u32));
        }
        let fail = |why: String| Err(Error::new(Code::Data, name.as_str(), why));
        if !weight.is_finite() || weight < 0.0 {
            return fail(format!(
                "has the weight {weight}; it must be a number, 0 or more"
            ));
        }
        if facts.is_empty() {
            return fail("has no rows".into());
        }
        if facts.len() > 1 << 31 {
            return fail(format!("has {} rows, more than 2^31", facts.len()));
        }
        let mut starts = Vec::with_capacity(members.len());
        let mut flat = Vec::with_capacity(facts.len());
        let smallest_group = members.iter().map(Vec::len).min().unwrap_or(1);
        for group in members {
            starts.push(flat.len() as u32);
            flat.extend(group);
        }
        self.sources.push(Source {
            name,
            weight,
            rows: facts,
            groups: starts,
            members: flat,
            smallest_group,
        });
        Ok(())
    }

    fn facts(&mut self, row: &Row, group: u32) -> RowFacts {
        let also: Box<[u32]> = row
            .also
            .iter()
            .map(|label| self.labels.of(label.clone()))
            .collect();
        let query_part = self.part(&row.query);
        RowFacts {
            query: self.queries.of((query_part, row.query.instruction.clone())),
            query_part,
            positive: self.part(&row.positive),
            negatives: row.negatives.iter().map(|part| self.part(part)).collect(),
            label: match &row.label {
                Some(label) => self.labels.of(label.clone()),
                None => NONE,
            },
            also: [&row.query, &row.positive].map(|part| match part.image {
                Some(_) => also.clone(),
                None => Box::default(),
            }),
            group,
        }
    }

    fn part(&mut self, part: &Part) -> u32 {
        let text = part.text.as_deref().map(str::trim).map(str::to_owned);
        self.parts.of((text, part.image.clone()))
    }
}

impl RowFacts {
    /// Whether a label fits its query as well as another row's positive.
    pub(super) fn shares_label(&self, other: &Self) -> bool {
        let of_query = std::iter::once(&self.label).chain(&self.also[0]);
        let mut of_query = of_query.filter(|&&label| label != NONE);
        of_query.any(|label| other.label == *label || other.also[1].contains(label))
    }
}

impl Source {
    /// The rows of a group.
    pub(super) fn group(&self, group: u32) -> &[u32] {
        let group = group as usize;
        let start = self.groups[group] as usize;
        let end = self.groups.get(group + 1).map(|&end| end as usize);
        &self.members[start..end.unwrap_or(self.members.len())]
    }

    /// Whether batches of `batch` rows, in parts of `part`, can be made of this source.
    pub(super) fn check(&self, batch: usize, part: usize, unique_labels: bool) -> Result<()> {
        let fail = |why: String| Err(Error::new(Code::Data, self.name.as_str(), why));
        for group in 0..self.groups.len() as u32 {
            let members = self.group(group);
            if members.len() > part {
                let (row, length) = (members[0] + 1, members.len());
                return fail(format!(
                    "the group of row {row} has {length} rows, but a part of a batch has {part}; \
                     make batch.rows at least {} times batch.parts",
                    length
                ));
            }
            let mut seen: HashMap<(bool, u32), u32> = HashMap::new();
            for &member in members {
                let row = &self.rows[member as usize];
                let label = (unique_labels && row.label != NONE).then_some((true, row.label));
                for thing in [Some((false, row.positive)), label].into_iter().flatten() {
                    let Some(other) = seen.insert(thing, member) else {
                        continue;
                    };
                    let (what, advice) = match thing.0 {
                        false => ("positive", "each would be the other's negative"),
                        true => ("label", "batch.unique_labels forbids that"),
                    };
                    return fail(format!(
                        "rows {} and {} are of one group and have the same {what}: {advice}. Take \
                         one of them out of the group",
                        other + 1,
                        member + 1
                    ));
                }
            }
        }
        let mut targets: Vec<u32> = self.rows.iter().map(|row| row.positive).collect();
        let mut labels: Vec<u32> = self.rows.iter().map(|row| row.label).collect();
        let unlabelled = labels.iter().filter(|&&label| label == NONE).count();
        for list in [&mut targets, &mut labels] {
            list.sort_unstable();
            list.dedup();
        }
        let labels = labels.iter().filter(|&&label| label != NONE).count() + unlabelled;
        let (most, what) = match unique_labels && labels < targets.len() {
            true => (labels, "labels"),
            false => (targets.len(), "positives"),
        };
        if most < batch {
            return fail(format!(
                "has {most} different {what}, too few for a batch of {batch} rows that differ in \
                 it; make batch.rows {most} or less, or add rows"
            ));
        }
        Ok(())
    }
}
