//! Which rows a step takes.
//!
//! A batch consists of one or a few parts, each from one source (a file of rows, or drawn scenes), so
//! that negatives are of the positive's own kind. The source of a part is drawn by weight. Within a
//! source rows go by without replacement, in an order of its own for each epoch; rows of one group
//! stay together; and no target is twice in a batch, since it would be its own negative.
//!
//! Everything follows from the seed and the step. A [`Sampler`] walks from step to step, and one that
//! is asked for a later step walks there first: about a second for a hundred thousand steps of 64
//! rows. So a resumed run needs nothing but its step.
//!
//! What is held back: a row that cannot join a batch (its target is there already, its group is too
//! large for the room left) is the first candidate of the next. Where one target has more rows than
//! an epoch has batches, some are still held back when the epoch after the next begins; those rest
//! until their next turn. In a source without repeated targets every row comes exactly once per
//! epoch.

mod rows;

use std::collections::VecDeque;

pub use rows::RowSet;
use rows::{NONE, RowFacts, Source};

use super::random::{Draw, What};
use super::recipe::Recipe;
use agff::{Code, Error, Result};

/// How many groups are passed over in search of one that fits the room left.
const LOOK_AHEAD: usize = 256;

/// What batches are like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplerSettings {
    /// The run's seed.
    pub seed: u64,
    /// Rows of a batch. It may have less where a group does not fit the room left.
    pub rows: usize,
    /// Parts of a batch, each from one source.
    pub parts: usize,
    /// Whether a batch has no two rows of one label.
    pub unique_labels: bool,
    /// Whether rows of one label are known false negatives.
    pub mask_same_label: bool,
    /// Whether rows bring their explicit negatives along.
    pub negatives: bool,
}

impl From<&Recipe> for SamplerSettings {
    fn from(recipe: &Recipe) -> Self {
        Self {
            seed: recipe.seed,
            rows: recipe.batch.rows,
            parts: recipe.batch.parts,
            unique_labels: recipe.batch.unique_labels,
            mask_same_label: recipe.loss.mask_same_label,
            negatives: recipe.batch.negatives,
        }
    }
}

/// A row of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId {
    /// The source, in the order in which they were added.
    pub source: usize,
    /// The row within it.
    pub row: usize,
}

/// An explicit negative of a row of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NegativeId {
    /// The row's place in the batch.
    pub row: usize,
    /// Which of its negatives.
    pub negative: usize,
}

/// The rows of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The step.
    pub step: u64,
    /// Its rows, part by part; the rows of a group lie side by side.
    pub rows: Vec<RowId>,
    /// For each row the number of its group, equal for rows of one group. A row without a group is
    /// one by itself.
    pub groups: Vec<u32>,
    /// Explicit negatives, if they were asked for; none that is already a target of the batch.
    pub negatives: Vec<NegativeId>,
    /// `[rows, rows + negatives]`, row by row: whether a target is known to be right for a query
    /// though it is not its own, and so no negative. Targets are the rows' positives in order,
    /// then the negatives. The diagonal is `false`.
    pub mask: Vec<bool>,
}

impl Batch {
    /// Targets of every query: the rows' positives and the explicit negatives.
    pub fn targets(&self) -> usize {
        self.rows.len() + self.negatives.len()
    }

    /// Whether target `target` is known to be right for query `query` though it is not its own.
    pub fn is_false_negative(&self, query: usize, target: usize) -> bool {
        self.mask[query * self.targets() + target]
    }
}

/// Picks the rows of each step.
#[derive(Debug)]
pub struct Sampler {
    settings: SamplerSettings,
    sources: Vec<Source>,
    weights: Vec<f64>,
    streams: Vec<Stream>,
    /// The step that the streams stand before.
    next: u64,
    marks: Marks,
}

/// Where a source stands.
#[derive(Debug, Clone, Default)]
struct Stream {
    /// Groups that are still to come, with the epoch that brought them.
    pending: VecDeque<(u32, u64)>,
    /// The epoch that comes next.
    epoch: u64,
}

/// What is in the batch that is being put together: a target is in if its mark is the batch's
/// number.
#[derive(Debug, Default)]
struct Marks {
    number: u64,
    targets: Vec<u64>,
    labels: Vec<u64>,
}

impl Sampler {
    /// A sampler of these rows.
    ///
    /// # Errors
    /// [`Code::Data`] naming the source (and the row) if a group does not fit a part or has two rows
    /// of one target, and if a source has too few different targets to fill a batch;
    /// [`Code::Recipe`] for batches of fewer than two rows.
    pub fn new(rows: RowSet, settings: SamplerSettings) -> Result<Self> {
        let (parts, batch) = (settings.parts, settings.rows);
        if batch < 2 || parts == 0 || parts > batch / 2 {
            return Err(Error::new(
                Code::Recipe,
                "batch.rows",
                format!(
                    "is {batch} in {parts} parts; rows are each other's negatives, so every part \
                     needs at least 2"
                ),
            ));
        }
        let RowSet {
            sources,
            parts: targets,
            labels,
            ..
        } = rows;
        if !sources.iter().any(|source| source.weight > 0.0) {
            return Err(Error::new(
                Code::Data,
                "data",
                "there are no rows to train on: no file was found, or every weight is 0",
            ));
        }
        for source in sources.iter().filter(|source| source.weight > 0.0) {
            source.check(batch, batch / parts, settings.unique_labels)?;
        }
        Ok(Self {
            weights: sources.iter().map(|source| source.weight).collect(),
            streams: vec![Stream::default(); sources.len()],
            marks: Marks {
                number: 0,
                targets: vec![0; targets.len()],
                labels: vec![0; labels.len()],
            },
            next: 0,
            sources,
            settings,
        })
    }

    /// Rows of the sources that are drawn from: those of one epoch.
    pub fn rows(&self) -> u64 {
        let drawn = self.sources.iter().filter(|source| source.weight > 0.0);
        drawn.map(|source| source.rows.len() as u64).sum()
    }

    /// The batch of a step. Steps are cheapest in their order.
    pub fn batch(&mut self, step: u64) -> Batch {
        if step < self.next {
            self.streams.fill(Stream::default());
            self.next = 0;
        }
        while self.next < step {
            self.advance();
        }
        let rows = self.advance();
        self.complete(step, rows)
    }

    /// Puts the rows of the next step together.
    fn advance(&mut self) -> Vec<RowId> {
        let (parts, batch) = (self.settings.parts, self.settings.rows);
        let step = self.next;
        self.next += 1;
        self.marks.number += 1;
        let mut rows = Vec::with_capacity(batch);
        for part in 0..parts {
            let mut draw = Draw::new(self.settings.seed, step, What::Source, part as u64);
            let source = draw.weighted(&self.weights);
            // What one part leaves free, the next one may fill.
            self.fill(source, batch * (part + 1) / parts, &mut rows);
        }
        rows
    }

    /// Adds rows of a source until there are `full`, or none is left that could be added.
    fn fill(&mut self, index: usize, full: usize, rows: &mut Vec<RowId>) {
        let source = &self.sources[index];
        let stream = &mut self.streams[index];
        // One more epoch brings every row of the source once; another would bring none that fits.
        let last = stream.epoch;
        let mut held_back = Vec::new();
        let mut too_large = 0;
        loop {
            let room = full - rows.len();
            if room < source.smallest_group || too_large > LOOK_AHEAD {
                break;
            }
            let Some((group, epoch)) = stream.pending.pop_front() else {
                if stream.epoch > last {
                    break;
                }
                stream.append_epoch(self.settings.seed, index, source.groups.len());
                held_back.retain(|&(_, epoch)| epoch + 2 >= stream.epoch);
                continue;
            };
            let members = source.group(group);
            let fits = members.len() <= room;
            let facts = members.iter().map(|&row| &source.rows[row as usize]);
            let unique_labels = self.settings.unique_labels;
            if fits && self.marks.are_free(facts.clone(), unique_labels) {
                facts.for_each(|row| self.marks.take(row));
                rows.extend(members.iter().map(|&row| RowId {
                    source: index,
                    row: row as usize,
                }));
            } else {
                too_large += usize::from(!fits);
                held_back.push((group, epoch));
            }
        }
        for held in held_back.into_iter().rev() {
            stream.pending.push_front(held);
        }
    }

    /// Adds explicit negatives and the mask.
    fn complete(&mut self, step: u64, rows: Vec<RowId>) -> Batch {
        let sources = &self.sources;
        let facts = |id: &RowId| &sources[id.source].rows[id.row];
        let mut negatives = Vec::new();
        let mut targets: Vec<u32> = rows.iter().map(|id| facts(id).positive).collect();
        if self.settings.negatives {
            for (row, id) in rows.iter().enumerate() {
                for (negative, &target) in facts(id).negatives.iter().enumerate() {
                    if self.marks.take_target(target) {
                        negatives.push(NegativeId { row, negative });
                        targets.push(target);
                    }
                }
            }
        }
        let group = |id: &RowId| (id.source, facts(id).group);
        let mut groups: Vec<u32> = Vec::with_capacity(rows.len());
        for (row, id) in rows.iter().enumerate() {
            let first = row == 0 || group(&rows[row - 1]) != group(id);
            groups.push(groups.last().map_or(0, |last| last + u32::from(first)));
        }
        let mut mask = Vec::with_capacity(rows.len() * targets.len());
        for (i, query) in rows.iter().map(facts).enumerate() {
            mask.extend(targets.iter().enumerate().map(|(j, &target)| {
                // The query itself is no negative, nor is what answers the same query; but what a
                // row names as wrong is wrong.
                i != j
                    && !query.negatives.contains(&target)
                    && (query.query_part == target
                        || rows.get(j).map(facts).is_some_and(|other| {
                            let labels = self.settings.mask_same_label;
                            query.query == other.query || labels && query.shares_label(other)
                        }))
            }));
        }
        Batch {
            step,
            rows,
            groups,
            negatives,
            mask,
        }
    }
}

impl Stream {
    /// Puts all groups of the source behind those that are pending, in the next epoch's order.
    fn append_epoch(&mut self, seed: u64, source: usize, groups: usize) {
        let mut order: Vec<u32> = (0..groups as u32).collect();
        Draw::new(seed, self.epoch, What::Order, source as u64).shuffle(&mut order);
        let epoch = self.epoch;
        self.pending
            .extend(order.into_iter().map(|group| (group, epoch)));
        self.epoch += 1;
    }
}

impl Marks {
    /// Whether rows may all join the batch.
    fn are_free<'a>(
        &self,
        mut rows: impl Iterator<Item = &'a RowFacts>,
        unique_labels: bool,
    ) -> bool {
        rows.all(|row| {
            let target = self.targets[row.positive as usize] != self.number;
            let label = row.label == NONE || self.labels[row.label as usize] != self.number;
            target && (label || !unique_labels)
        })
    }

    fn take(&mut self, row: &RowFacts) {
        self.take_target(row.positive);
        if row.label != NONE {
            self.labels[row.label as usize] = self.number;
        }
    }

    /// Whether the target was not in the batch yet; it is now.
    fn take_target(&mut self, target: u32) -> bool {
        let mark = &mut self.targets[target as usize];
        std::mem::replace(mark, self.number) != self.number
    }
}

#[cfg(test)]
mod tests;
