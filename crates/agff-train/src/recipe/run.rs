//! How a run goes: batches, optimiser and its schedule, checkpoints, logs, evaluations.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Check, Train, above_zero, fault, within};

/// What GradCache (arXiv 2101.06983) keeps between its passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cache {
    /// Every chunk's activations: one forward pass, memory for the whole batch.
    #[default]
    Keep,
    /// The embeddings alone: a second forward pass, memory for one chunk.
    Recompute,
}

/// What a step takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchSettings {
    /// Rows of a batch, which are each other's negatives. Default 64.
    pub rows: usize,
    /// How many parts a batch has, each from one source. Default 1.
    pub parts: usize,
    /// Inputs (queries or targets) that run in one forward pass. Default 32.
    pub chunk: usize,
    /// Batches whose gradients are averaged before the weights move. This is *not* a larger batch:
    /// their rows are not each other's negatives. Default 1.
    pub accumulate: usize,
    /// What is kept between the passes over chunks. Default `keep`.
    pub cache: Cache,
    /// Threads; 0 for one for each core. Default 0.
    pub workers: usize,
    /// Whether rows bring their explicit negatives along as further targets. Default false.
    pub negatives: bool,
    /// Whether a batch has no two rows of one label. Default false.
    pub unique_labels: bool,
}

impl Default for BatchSettings {
    fn default() -> Self {
        Self {
            rows: 64,
            parts: 1,
            chunk: 32,
            accumulate: 1,
            cache: Cache::Keep,
            workers: 0,
            negatives: false,
            unique_labels: false,
        }
    }
}

impl BatchSettings {
    pub(super) fn check(&self) -> Check {
        if self.rows == 1 {
            return fault(
                "batch.rows",
                "is 1; rows are each other's negatives, so there must be at least 2",
            );
        }
        within("batch.rows", self.rows, 2, 1 << 20)?;
        if self.parts == 0 || self.parts > self.rows / 2 {
            return fault(
                "batch.parts",
                format!(
                    "is {}; {} rows have between 1 and {} parts of 2 rows or more",
                    self.parts,
                    self.rows,
                    self.rows / 2
                ),
            );
        }
        within("batch.chunk", self.chunk, 1, 1 << 20)?;
        within("batch.accumulate", self.accumulate, 1, 1 << 16)?;
        within("batch.workers", self.workers, 0, 1024)
    }
}

/// How the learning rate goes after the warm-up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Half a cosine down to the final fraction.
    #[default]
    Cosine,
    /// A straight line down to the final fraction.
    Linear,
    /// As it is.
    Constant,
}

/// How weights move, and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Optimiser {
    /// The highest learning rate. Default 3e-4.
    pub learning_rate: f64,
    /// What it is multiplied by, by part of the model.
    pub multipliers: Multipliers,
    /// For the matrices inside the layers. Default: AdamW moves them too.
    pub muon: Muon,
    /// AdamW's decay of the mean and of the mean square of gradients. Default [0.9, 0.999].
    pub betas: [f64; 2],
    /// AdamW's ε. Default 1e-8.
    pub epsilon: f64,
    /// Weight decay; norms, biases and learned vectors have none. Default 0.01.
    pub weight_decay: f64,
    /// Gradients are shortened to this norm, all together; 0 for never. Default 1.
    pub clip_norm: f64,
    /// Steps over which the learning rate rises from 0. Default 0.
    pub warmup_steps: u64,
    /// How it goes on. Default `cosine`.
    pub schedule: Schedule,
    /// What is left of it at the end, as a fraction. Default 0.
    pub final_fraction: f64,
    /// Steps of the run: this or `epochs`.
    pub steps: Option<u64>,
    /// Passes over all rows of the sources that are drawn from: this or `steps`.
    pub epochs: Option<f64>,
}

/// Momentum that is made orthogonal, for the matrices inside the layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Muon {
    /// The highest learning rate of those matrices; what is not one keeps AdamW and its rate. 0, the
    /// default: AdamW moves everything.
    pub learning_rate: f64,
    /// How much of the momentum stays from step to step. Default 0.95.
    pub momentum: f64,
}

impl Default for Muon {
    fn default() -> Self {
        Self {
            learning_rate: 0.0,
            momentum: 0.95,
        }
    }
}

/// What the learning rate is multiplied by; 0 for what is not trained. Default 1 each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Multipliers {
    /// The vision tower, its mergers too.
    pub vision: f64,
    /// The decoder.
    pub decoder: f64,
    /// Token embeddings.
    pub embeddings: f64,
    /// Learned vectors of views.
    pub views: f64,
    /// Linear maps behind the towers.
    #[serde(skip_serializing_if = "is_one")]
    pub maps: f64,
    /// A learned temperature of the loss.
    pub temperature: f64,
}

fn is_one(factor: &f64) -> bool {
    *factor == 1.0
}

impl Default for Multipliers {
    fn default() -> Self {
        Self {
            vision: 1.0,
            decoder: 1.0,
            embeddings: 1.0,
            views: 1.0,
            maps: 1.0,
            temperature: 1.0,
        }
    }
}

impl Default for Optimiser {
    fn default() -> Self {
        Self {
            learning_rate: 3e-4,
            multipliers: Multipliers::default(),
            muon: Muon::default(),
            betas: [0.9, 0.999],
            epsilon: 1e-8,
            weight_decay: 0.01,
            clip_norm: 1.0,
            warmup_steps: 0,
            schedule: Schedule::Cosine,
            final_fraction: 0.0,
            steps: None,
            epochs: None,
        }
    }
}

/// How long a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// So many steps.
    Steps(u64),
    /// So many passes over all rows.
    Epochs(f64),
}

impl Length {
    /// The steps of a run that takes `rows_per_step` of `rows` rows in each.
    pub fn steps(self, rows: u64, rows_per_step: u64) -> u64 {
        match self {
            Self::Steps(steps) => steps,
            Self::Epochs(epochs) => {
                let steps = epochs * rows as f64 / rows_per_step.max(1) as f64;
                (steps.ceil() as u64).max(1)
            }
        }
    }
}

impl Optimiser {
    /// How long the run is. A recipe that was read has one of `steps` and `epochs`; of both, steps
    /// count, and of neither it is one epoch.
    pub fn length(&self) -> Length {
        match (self.steps, self.epochs) {
            (Some(steps), _) => Length::Steps(steps),
            (None, epochs) => Length::Epochs(epochs.unwrap_or(1.0)),
        }
    }

    pub(super) fn check(&self, train: Train) -> Check {
        above_zero("optimiser.learning_rate", self.learning_rate)?;
        within("optimiser.learning_rate", self.learning_rate, 0.0, 10.0)?;
        within(
            "optimiser.muon.learning_rate",
            self.muon.learning_rate,
            0.0,
            10.0,
        )?;
        if self.muon.learning_rate > 0.0 && train == Train::Views {
            return fault(
                "optimiser.muon.learning_rate",
                "is above 0, but train = \"views\" trains no matrix inside the layers",
            );
        }
        if !(0.0..1.0).contains(&self.muon.momentum) {
            return fault(
                "optimiser.muon.momentum",
                format!(
                    "is {}; it must be at least 0 and below 1",
                    self.muon.momentum
                ),
            );
        }
        let m = &self.multipliers;
        for (name, value) in [
            ("vision", m.vision),
            ("decoder", m.decoder),
            ("embeddings", m.embeddings),
            ("views", m.views),
            ("maps", m.maps),
            ("temperature", m.temperature),
        ] {
            within(&format!("optimiser.multipliers.{name}"), value, 0.0, 1e4)?;
        }
        for (i, beta) in self.betas.into_iter().enumerate() {
            if !(0.0..1.0).contains(&beta) {
                return fault(
                    format!("optimiser.betas[{i}]"),
                    format!("is {beta}; it must be at least 0 and below 1"),
                );
            }
        }
        above_zero("optimiser.epsilon", self.epsilon)?;
        within("optimiser.weight_decay", self.weight_decay, 0.0, 10.0)?;
        within("optimiser.clip_norm", self.clip_norm, 0.0, 1e9)?;
        within("optimiser.final_fraction", self.final_fraction, 0.0, 1.0)?;
        match (self.steps, self.epochs) {
            (Some(_), Some(_)) => {
                return fault("optimiser.epochs", "is there beside `steps`; leave one out");
            }
            (None, None) => {
                return fault("optimiser.steps", "is missing; give `steps` or `epochs`");
            }
            (Some(steps), None) => {
                within("optimiser.steps", steps, 1, 1 << 40)?;
                if self.warmup_steps >= steps {
                    return fault(
                        "optimiser.warmup_steps",
                        format!(
                            "is {}; it must be below the {steps} steps of the run",
                            self.warmup_steps
                        ),
                    );
                }
            }
            (None, Some(epochs)) => {
                above_zero("optimiser.epochs", epochs)?;
                within("optimiser.epochs", epochs, 0.0, 1e6)?;
            }
        }
        Ok(())
    }
}

/// When the state of the run is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checkpoints {
    /// Steps between checkpoints. Default 500.
    pub every: u64,
    /// How many are kept, the newest. Default 2.
    pub keep: usize,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self {
            every: 500,
            keep: 2,
        }
    }
}

impl Checkpoints {
    pub(super) fn check(&self) -> Check {
        within("checkpoint.every", self.every, 1, 1 << 40)?;
        within("checkpoint.keep", self.keep, 1, 1 << 20)
    }
}

/// When numbers are written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Steps between entries. Default 10.
    pub every: u64,
    /// Whether to write event files for TensorBoard too. Default true.
    pub tensorboard: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            every: 10,
            tensorboard: true,
        }
    }
}

impl Log {
    pub(super) fn check(&self) -> Check {
        within("log.every", self.every, 1, 1 << 40)
    }
}

/// What is evaluated during the training.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evaluation {
    /// Steps between evaluations; 0 for one at the end. Default 0.
    pub every: u64,
    /// Files of [questions](agff_eval::data::questions).
    pub files: Vec<PathBuf>,
    /// Questions of each file that are asked, from its start. Default: all.
    pub limit: Option<usize>,
}

impl Evaluation {
    pub(super) fn check(&self) -> Check {
        if let Some(i) = self.files.iter().position(|f| f.as_os_str().is_empty()) {
            return fault(
                format!("eval.files[{i}]"),
                "is empty; name a JSON-lines file",
            );
        }
        match self.limit {
            Some(limit) => within("eval.limit", limit, 1, 1 << 32),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_become_steps_by_the_rows_there_are() {
        assert_eq!(Length::Epochs(3.0).steps(1000, 64), 47);
        assert_eq!(Length::Epochs(0.001).steps(1000, 64), 1);
        assert_eq!(Length::Steps(9).steps(1000, 64), 9);
    }
}
