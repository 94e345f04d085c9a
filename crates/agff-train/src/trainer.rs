//! A training run: step by step, with checkpoints, evaluations and records, until it is done or told
//! to stop.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use burn::tensor::{Device, TensorData};
use sha2::{Digest, Sha256};

use super::adapter::{Adapter, identity, joined};
use super::checkpoint::{self, Checkpoints, Position, write_whole};
use super::encoder::{Encoder, Known, Pass};
use super::evaluate::Exam;
use super::features::FeatureCache;
use super::images::Pictures;
use super::inputs::{Inputs, Reader, SourceRows};
use super::metrics::{Metrics, StepReport};
use super::objective::{Objective, Outcome};
use super::optimiser::{LearningRate, Optimiser};
use super::parameters::{ByName, LOG_TEMPERATURE, Parameter, Parameters};
use super::passes::{Gradient, Way, add_to, chunks, gradient};
use super::recipe::{Recipe, Start, Train};
use super::sampler::{Batch, Sampler};
use super::setup;
use agff::package::manifest::{CARD_FILE, Dtype, Manifest};
use agff::tensors::TensorSpec;
use agff::{Code, Error, Result};
use agff_eval::questions::{Answer, Report, Score};

/// The recipe as the run uses it, in the run's folder.
pub const RECIPE_FILE: &str = "recipe.toml";
/// Where the result goes if everything was trained: a package.
pub const MODEL_FOLDER: &str = "model";
/// Where the result goes otherwise: an adapter.
pub const ADAPTER_FOLDER: &str = "adapter";
const CHECKPOINT_FOLDER: &str = "checkpoints";

/// Texts are shorter than images: so many times as many run together.
const TEXTS_PER_IMAGE: usize = 2;

/// What happens during a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// Something to know before the run begins.
    Note(String),
    /// A step was done.
    Step(u64, StepReport),
    /// An evaluation was done, with these answers.
    Evaluated(u64, &'a Exam, &'a Report, &'a [Option<Answer>]),
    /// A checkpoint was written.
    Saved(u64, &'a Path),
}

/// How a run ended.
#[derive(Debug, PartialEq)]
pub enum Ended {
    /// All steps are done; the result is in this folder.
    Finished(PathBuf),
    /// It was told to stop, and has saved where it stands.
    Stopped(u64),
}

/// A run.
pub struct Trainer {
    recipe: Recipe,
    recipe_hash: String,
    encoder: Encoder,
    parameters: Parameters,
    optimiser: Optimiser,
    objective: Objective,
    learning_rate: LearningRate,
    sources: Vec<SourceRows>,
    sampler: Sampler,
    pictures: Pictures,
    features: Arc<FeatureCache>,
    /// What is to stay where it is, if something is.
    known: Option<Known>,
    exams: Vec<Exam>,
    checkpoints: Checkpoints,
    metrics: Metrics,
    step: u64,
}

/// A step's batches, prepared: one, or several to be averaged.
type Prepared = Result<Vec<(Batch, Inputs)>>;

impl Trainer {
    /// Prepares a run on `device` (without gradients). With `resume` it goes on after the newest
    /// checkpoint in the run's folder, if there is one; without, the folder must have none.
    ///
    /// # Errors
    /// Everything that can be wrong with recipe, data, start and checkpoint, before the first step.
    pub fn new(
        recipe: Recipe,
        resume: bool,
        device: &Device,
        largest_binding: Option<u64>,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Self> {
        let (sources, sampler) = setup::data(&recipe, &mut |note| watch(Event::Note(note)))?;
        let learning_rate = setup::learning_rate(&recipe, sampler.rows())?;
        let exams = setup::exams(&recipe)?;
        let base = setup::base(&recipe)?;
        let pictures = setup::pictures(&recipe, &base)?;
        setup::decode(&sources, &pictures, recipe.batch.negatives)?;

        let loss = &recipe.loss;
        let log_temperature = (loss.learn_temperature).then(|| (loss.temperature as f32).ln());
        let mut parameters = Parameters::new(
            &base,
            recipe.train,
            &recipe.lora,
            log_temperature,
            recipe.seed,
            device,
        )?;
        let start = parameters.clone();
        let mut optimiser = Optimiser::new(setup::optimiser(&recipe));
        let checkpoints =
            Checkpoints::new(recipe.out.join(CHECKPOINT_FOLDER), recipe.checkpoint.keep);
        let recipe_hash = hash(&recipe)?;
        let mut step = 0;
        let newest = checkpoints.newest()?;
        if let Some(path) = newest.as_ref().filter(|_| resume) {
            let kept = recipe.out.join(RECIPE_FILE);
            let another = |how: String| {
                let why = format!(
                    "was made by another recipe{how}; {} has the one it was",
                    kept.display()
                );
                Error::new(Code::Checkpoint, path.display().to_string(), why)
            };
            if let Some(keys) = difference(&kept, &recipe) {
                return Err(another(format!(" ({keys})")));
            }
            let position = checkpoint::load(path, &mut parameters, &mut optimiser, device)?;
            if position.recipe != recipe_hash {
                return Err(another(String::new()));
            }
            let own = identity(&base.manifest);
            if position.start.is_some_and(|start| start != own) {
                let why = "began with another package than the one that is there now under the recipe's `start`; put that back, or choose another `out`";
                return Err(Error::new(
                    Code::Checkpoint,
                    path.display().to_string(),
                    why,
                ));
            }
            step = position.step;
        } else if let Some(path) = newest {
            return Err(Error::new(
                Code::Checkpoint,
                path.display().to_string(),
                "is there from an earlier run; go on with --resume, or choose another `out`",
            ));
        }
        let text = recipe.to_toml()?;
        write_whole(&recipe.out.join(RECIPE_FILE), text.as_bytes())?;
        let metrics = Metrics::open(
            &recipe.out,
            (step > 0).then_some(step),
            recipe.log.tensorboard,
        )?;
        let scoring = setup::scoring(&recipe, base.manifest.fusion);
        let objective = setup::objective(&recipe, scoring);
        let train = recipe.train;
        let lora = &recipe.lora;
        let encoder = Encoder::new(base, train, lora, &parameters, device, largest_binding)?;
        // A run that goes on has moved already; what is kept is what it started from.
        let keeps = loss.keep_texts > 0.0 || loss.keep_pictures > 0.0;
        let known = keeps.then(|| encoder.known(&start)).transpose()?;
        Ok(Self {
            known,
            encoder,
            parameters,
            optimiser,
            objective,
            learning_rate,
            sources,
            sampler,
            pictures,
            features: Arc::new(FeatureCache::new((recipe.images.memory << 20) as usize)),
            exams,
            checkpoints,
            metrics,
            step,
            recipe_hash,
            recipe,
        })
    }

    /// Lets runs share what frozen towers make of inputs: runs that start from the same package with the same views, or all
    /// with learned regions.
    pub fn share_features(&mut self, features: Arc<FeatureCache>) {
        self.features = features;
    }

    /// Steps that were done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Steps of the whole run.
    pub fn steps(&self) -> u64 {
        self.learning_rate.steps
    }

    /// What is trained, as it is now.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The model.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Runs until all steps are done or `stop` is set, and writes the result.
    ///
    /// # Errors
    /// [`Code::Diverged`] with the step and its rows in `diverged.json`; [`Code::Io`] if something
    /// cannot be written, with the last checkpoint left as it is.
    pub fn run(&mut self, stop: &AtomicBool, watch: &mut dyn FnMut(Event<'_>)) -> Result<Ended> {
        while self.step < self.steps() {
            if stop.load(Ordering::Relaxed) {
                self.save(watch)?;
                return Ok(Ended::Stopped(self.step));
            }
            let started = Instant::now();
            let report = self.advance(started)?;
            let done = self.step;
            if done.is_multiple_of(self.recipe.log.every) || done == self.steps() {
                self.metrics.write(done, "train", &report.values())?;
            }
            watch(Event::Step(done, report));
            let last = done == self.steps();
            if done.is_multiple_of(self.recipe.checkpoint.every) && !last {
                self.save(watch)?;
            }
            let every = self.recipe.eval.every;
            if last || every > 0 && done.is_multiple_of(every) {
                self.evaluate(watch)?;
            }
        }
        self.save(watch)?;
        Ok(Ended::Finished(self.finish()?))
    }

    /// The batches of a step, without their pictures.
    fn sample(&mut self, step: u64) -> Vec<Batch> {
        let count = self.recipe.batch.accumulate as u64;
        let batches = (0..count).map(|i| self.sampler.batch(step * count + i));
        batches.collect()
    }

    /// One step.
    fn advance(&mut self, started: Instant) -> Result<StepReport> {
        let batches = self.sample(self.step);
        let prepared = self.prepare(batches)?;
        let temperature = match self.parameters.temperature() {
            Some(learned) => learned,
            None => self.recipe.loss.temperature as f32,
        };
        let mut sum = ByName::new();
        let mut outcomes = Vec::new();
        let mut captions = Vec::new();
        let share = 1.0 / prepared.len() as f32;
        let mut rows = 0;
        for (batch, inputs) in &prepared {
            rows += batch.rows.len() as u64;
            let of_batch = self
                .gradient(inputs, temperature)
                .map_err(|error| self.explain(error, batch))?;
            captions.extend(of_batch.captions.map(f64::from));
            let gradients = of_batch.gradients.into_iter();
            add_to(
                &mut sum,
                gradients.map(|(name, g)| (name, g * share)).collect(),
            );
            outcomes.push(of_batch.outcome);
        }
        let rate = self.learning_rate.at(self.step);
        let batch = &prepared[0].0;
        let norm = self.optimiser.step(&mut self.parameters, sum, rate);
        let norm = norm.map_err(|error| self.explain(error, batch))?;
        self.hold_temperature();
        self.step += 1;
        let mean = |f: fn(&Outcome) -> f32| {
            outcomes.iter().map(|o| f64::from(f(o))).sum::<f64>() * f64::from(share)
        };
        let fine = self.encoder.views() > 1;
        let report = StepReport {
            loss: mean(|o| o.loss),
            accuracy: mean(|o| o.accuracy),
            captions: (!captions.is_empty())
                .then(|| captions.iter().sum::<f64>() / captions.len() as f64),
            patterns: fine.then(|| {
                [
                    mean(|o| o.patterns.gg),
                    mean(|o| o.patterns.fg),
                    mean(|o| o.patterns.gf),
                    mean(|o| o.patterns.ff),
                ]
            }),
            view_cosine: fine.then(|| mean(|o| o.view_cosine)),
            learning_rate: rate,
            gradient_norm: f64::from(norm),
            temperature: f64::from(temperature),
            samples: rows,
            elapsed: started.elapsed(),
        };
        Ok(report)
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            encoder: &self.encoder,
            parameters: &self.parameters,
            pictures: &self.pictures,
            features: &self.features,
        }
    }

    fn prepare(&self, batches: Vec<Batch>) -> Prepared {
        let reader = self.reader();
        let one = |batch: Batch| {
            let inputs = Inputs::of(
                &batch,
                &self.sources,
                &reader,
                &self.recipe.captions,
                self.recipe.seed,
            )?;
            Ok((batch, inputs))
        };
        batches.into_iter().map(one).collect()
    }

    fn gradient(&self, inputs: &Inputs, temperature: f32) -> Result<Gradient> {
        let most = self.recipe.batch.chunk;
        let chunks = chunks(&inputs.items, most, most * TEXTS_PER_IMAGE);
        let views = self.encoder.views();
        let pass = Pass {
            seed: self.recipe.seed,
            step: self.step,
            chunk: 0,
        };
        let mut all = gradient(
            &self.encoder,
            &self.parameters,
            &inputs.items,
            &chunks,
            Way {
                cache: self.recipe.batch.cache,
                pass,
                caption_weight: self.recipe.captions.weight as f32,
            },
            |hidden| {
                self.objective
                    .evaluate(hidden, views, &inputs.pairs, temperature)
            },
        )?;
        if let Some(known) = &self.known {
            let loss = &self.recipe.loss;
            let weights = [loss.keep_texts, loss.keep_pictures].map(|weight| weight as f32);
            let (_, gradients) = self.encoder.strayed(&self.parameters, weights, known)?;
            add_to(&mut all.gradients, gradients);
        }
        if self.parameters.0.contains_key(LOG_TEMPERATURE) {
            let data = TensorData::new(vec![all.outcome.temperature_gradient], [1]);
            let tensor = burn::tensor::Tensor::from_data(data, self.encoder.device());
            all.gradients.insert(LOG_TEMPERATURE.into(), tensor);
        }
        Ok(all)
    }

    /// Keeps a learned temperature above its minimum.
    fn hold_temperature(&mut self) {
        let least = self.recipe.loss.minimum_temperature as f32;
        if self.parameters.temperature().is_some_and(|t| t < least) {
            let values = vec![least.ln()];
            let parameter = Parameter::new(vec![1], values, self.encoder.device());
            self.parameters.0.insert(LOG_TEMPERATURE.into(), parameter);
        }
    }

    /// Writes down what a run failed at, and says where.
    fn explain(&self, error: Error, batch: &Batch) -> Error {
        if error.code() != Code::Diverged {
            return error;
        }
        let rows = batch
            .rows
            .iter()
            .map(|id| &self.sources[id.source].rows[id.row]);
        let record = serde_json::json!({
            "step": self.step,
            "subject": error.subject(),
            "reason": error.message(),
            "rows": rows.collect::<Vec<_>>(),
        });
        let path = self.recipe.out.join("diverged.json");
        let text = serde_json::to_vec_pretty(&record).unwrap_or_default();
        let written = match write_whole(&path, &text) {
            Ok(()) => format!("its rows are in {}", path.display()),
            Err(error) => format!("its rows could not be written down ({error})"),
        };
        let message = format!("{} (step {}; {written})", error.message(), self.step);
        Error::new(Code::Diverged, error.subject(), message)
    }

    fn save(&self, watch: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        let position = Position {
            step: self.step,
            recipe: self.recipe_hash.clone(),
            start: Some(identity(&self.encoder.base().manifest)),
        };
        let path = self
            .checkpoints
            .save(&position, &self.parameters, &self.optimiser)?;
        watch(Event::Saved(self.step, &path));
        Ok(())
    }

    fn evaluate(&mut self, watch: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        for exam in &self.exams {
            let scoring = &self.objective.scoring;
            let (report, answers) = exam.sit(&self.reader(), scoring)?;
            let kind = format!("eval/{}", exam.name());
            self.metrics
                .write(self.step, &kind, &values(&report.overall))?;
            for (category, score) in &report.categories {
                let kind = format!("{kind}/{category}");
                self.metrics.write(self.step, &kind, &values(score))?;
            }
            watch(Event::Evaluated(self.step, exam, &report, &answers));
        }
        Ok(())
    }

    /// Writes the trained package, or the adapter.
    fn finish(&self) -> Result<PathBuf> {
        match self.recipe.train {
            Train::All => {
                let out = self.recipe.out.join(MODEL_FOLDER);
                self.write_package(&out, true, Some(Dtype::F32))?;
                Ok(out)
            }
            // What was not trained stays as it is stored.
            Train::Maps => {
                let out = self.recipe.out.join(MODEL_FOLDER);
                self.write_package(&out, true, None)?;
                Ok(out)
            }
            Train::Views | Train::Lora => {
                let out = self.recipe.out.join(ADAPTER_FOLDER);
                self.adapter().write(&out)?;
                Ok(out)
            }
        }
    }

    /// What was trained, without the model it belongs to.
    fn adapter(&self) -> Adapter {
        let base = &self.encoder.base().manifest;
        let lora = (self.recipe.train == Train::Lora).then(|| self.recipe.lora.clone());
        Adapter::new(
            base,
            base.views.clone(),
            self.objective.scoring.fusion(),
            lora,
            &self.parameters,
            self.provenance(),
        )
    }

    /// Writes the model as it is now, where everything or its maps are trained, as a package.
    ///
    /// # Errors
    /// Those of [`Base::write`](super::base::Base::write), whose `dtype` it is.
    pub fn write_package(&self, out: &Path, force: bool, dtype: Option<Dtype>) -> Result<Manifest> {
        let base = self.encoder.base();
        let manifest = Manifest {
            trained: true,
            name: self
                .recipe
                .name
                .clone()
                .unwrap_or(base.manifest.name.clone()),
            fusion: self.objective.scoring.fusion(),
            // What a score is worth was measured, or learned, with other weights.
            probability: None,
            certainty: None,
            provenance: joined(&base.manifest.provenance, &self.provenance()),
            ..base.manifest.clone()
        };
        let written = base.write(out, force, manifest, dtype, |spec: &TensorSpec| {
            Ok(self.parameters.host(&spec.name))
        })?;
        // What its makers say of the model goes with it: licences and notices, above all.
        if let Start::Package(folder) = &self.recipe.start
            && let Ok(card) = std::fs::read(folder.join(CARD_FILE))
        {
            write_whole(&out.join(CARD_FILE), &card)?;
        }
        Ok(written)
    }

    fn provenance(&self) -> String {
        let data: Vec<String> = self.recipe.data.iter().map(|d| d.rows.describe()).collect();
        format!(
            "Trained with agff {}: {} steps of {} rows, seed {}, on {}.",
            env!("CARGO_PKG_VERSION"),
            self.step,
            self.recipe.batch.rows * self.recipe.batch.accumulate,
            self.recipe.seed,
            data.join(", ")
        )
    }
}

/// What is written down of an evaluation.
fn values(score: &Score) -> [(&'static str, f64); 4] {
    [
        ("precision_at_1", score.precision_at_1.value),
        ("group_accuracy", score.group_accuracy.value),
        ("questions", score.questions as f64),
        ("groups", score.groups as f64),
    ]
}

/// What tells one recipe from another: everything but where it is written to, how often it speaks,
/// and how it divides its work.
fn essence(recipe: &Recipe) -> Recipe {
    let mut same = recipe.clone();
    same.out = PathBuf::new();
    same.log = Default::default();
    same.checkpoint = Default::default();
    same.eval = Default::default();
    same.batch.workers = 0;
    same
}

/// How the recipe in a file differs from another: the first keys and what they are in both.
fn difference(file: &Path, recipe: &Recipe) -> Option<String> {
    let kept = Recipe::read(file, &[]).ok()?;
    let [kept, asked] = [&kept, recipe].map(|recipe| essence(recipe).settings().ok());
    let (kept, asked) = (kept?, asked?);
    let keys: BTreeSet<&String> = kept.keys().chain(asked.keys()).collect();
    let value =
        |of: &BTreeMap<String, String>, key| of.get(key).map_or("not set", |v| v).to_owned();
    let differing = keys
        .into_iter()
        .filter(|key| kept.get(*key) != asked.get(*key));
    let told: Vec<String> = differing
        .take(3)
        .map(|key| {
            format!(
                "{key} was {}, now is {}",
                value(&kept, key),
                value(&asked, key)
            )
        })
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn hash(recipe: &Recipe) -> Result<String> {
    let text = essence(recipe).to_toml()?;
    let hash = Sha256::digest(text.as_bytes());
    Ok(hash.iter().map(|b| format!("{b:02x}")).collect())
}
