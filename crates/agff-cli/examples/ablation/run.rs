//! One run of an arm: trained, asked, and what came of it kept in a file. A run that has one is not
//! done again.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use agff::families::View;
use agff_eval::questions::{GroupAnswer, Report, group_answers};
use agff_train::checkpoint::write_whole;
use agff_train::features::FeatureCache;
use agff_train::trainer::MODEL_FOLDER;
use agff_train::{Ended, Event, Recipe, Trainer};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::Failed;
use crate::arms::Arm;

/// Most bytes of what frozen towers make of pictures, for runs that share it.
const FEATURES: usize = 4 << 30;

/// What came of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The arm's name.
    pub arm: String,
    /// What the arm is.
    pub what: String,
    /// The run's seed.
    pub seed: u64,
    /// Keys that were set.
    pub set: Vec<String>,
    /// Steps of the run.
    pub steps: u64,
    /// Files of questions, in the recipe's order.
    pub exams: Vec<ExamOutcome>,
}

/// The answers to a file of questions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExamOutcome {
    /// The file's name.
    pub name: String,
    /// Counted.
    pub report: Report,
    /// Which groups were right.
    pub groups: Vec<GroupAnswer>,
}

/// Where runs are, and what they share.
pub struct Runs {
    /// Where they are trained.
    pub device: Device,
    /// The most bytes that a kernel may read at once there, if there is a limit.
    pub largest_binding: Option<u64>,
    /// The recipe of all arms.
    pub recipe: PathBuf,
    /// Keys that are set for all arms.
    pub set: Vec<String>,
    /// The folder of all runs.
    pub folder: PathBuf,
    /// What frozen towers make of inputs: one for all runs with learned regions, and one for each other list of views.
    pub features: Mutex<HashMap<String, Arc<FeatureCache>>>,
}

impl Runs {
    /// What a run came to, if it is done and its arm is still the same.
    pub fn done(&self, arm: &Arm, seed: u64) -> Option<Outcome> {
        let text = std::fs::read(self.file(arm, seed)).ok()?;
        let outcome: Outcome = serde_json::from_slice(&text).ok()?;
        (outcome.set == self.keys(arm)).then_some(outcome)
    }

    /// Does a run, or the rest of it. `None` if it was told to stop.
    pub fn run(&self, arm: &Arm, seed: u64, stop: &AtomicBool) -> Result<Option<Outcome>, Failed> {
        if let Some(outcome) = self.done(arm, seed) {
            return Ok(Some(outcome));
        }
        let folder = self.folder_of(arm, seed);
        let keys = self.keys(arm);
        let mut set = keys.clone();
        set.push(format!("seed={seed}"));
        let mut recipe = Recipe::read(&self.recipe, &set)?;
        recipe.out = folder.clone();
        let mut trainer = Trainer::new(
            recipe,
            true,
            &self.device,
            self.largest_binding,
            &mut |_| (),
        )?;
        trainer.share_features(self.features_of(&trainer.encoder().base().manifest.views));
        let (steps, begun) = (trainer.steps(), trainer.step());
        eprintln!("{} seed {seed}: from step {begun} of {steps}", arm.name);
        let mut exams = Vec::new();
        let ended = trainer.run(stop, &mut |event| match event {
            Event::Step(step, report) if step.is_multiple_of(50) => {
                let accuracy = 100.0 * report.accuracy;
                eprintln!(
                    "  {step}  loss {:.3}  accuracy {accuracy:.0} %",
                    report.loss
                );
            }
            Event::Evaluated(_, exam, report, answers) => exams.push(ExamOutcome {
                name: exam.name(),
                report: report.clone(),
                groups: group_answers(&exam.questions, answers),
            }),
            _ => (),
        })?;
        if let Ended::Stopped(step) = ended {
            eprintln!("  stopped after step {step}");
            return Ok(None);
        }
        if exams.is_empty() {
            // It had ended before, but its answers were lost.
            std::fs::remove_dir_all(&folder)?;
            return self.run(arm, seed, stop);
        }
        let outcome = Outcome {
            arm: arm.name.clone(),
            what: arm.what.clone(),
            seed,
            set: keys,
            steps,
            exams,
        };
        write_whole(&self.file(arm, seed), &serde_json::to_vec(&outcome)?)?;
        // Its weights have done what they were for.
        for part in ["checkpoints", MODEL_FOLDER] {
            let _ = std::fs::remove_dir_all(folder.join(part));
        }
        Ok(Some(outcome))
    }

    fn features_of(&self, views: &[View]) -> Arc<FeatureCache> {
        let key = match views.iter().any(|view| view.learned > 0) {
            true => String::new(),
            false => format!("{views:?}"),
        };
        let mut all = self.features.lock().expect("nothing panics with it");
        all.entry(key)
            .or_insert_with(|| Arc::new(FeatureCache::new(FEATURES)))
            .clone()
    }

    fn keys(&self, arm: &Arm) -> Vec<String> {
        self.set.iter().chain(&arm.set).cloned().collect()
    }

    fn folder_of(&self, arm: &Arm, seed: u64) -> PathBuf {
        self.folder.join(format!("{}-s{seed}", arm.name))
    }

    fn file(&self, arm: &Arm, seed: u64) -> PathBuf {
        self.folder_of(arm, seed).join("outcome.json")
    }
}
