//! Runs in a folder of coloured shapes.

use std::sync::atomic::{AtomicBool, Ordering};

use agff::{Error, Result};
use agff_train::{Ended, Event, Recipe, Trainer};
use burn::tensor::Device;

use crate::support::training;

/// A run's folder.
pub struct Folder(training::Folder);

impl std::ops::Deref for Folder {
    type Target = training::Folder;

    fn deref(&self) -> &training::Folder {
        &self.0
    }
}

impl Folder {
    /// The folder that tests train in.
    pub fn new() -> Self {
        Self(training::Folder::new())
    }

    /// The recipe with these keys set.
    pub fn recipe(&self, set: &[&str]) -> Result<Recipe> {
        let set: Vec<String> = set.iter().map(|s| (*s).to_owned()).collect();
        Recipe::read(&self.join("recipe.toml"), &set)
    }

    pub fn trainer(&self, set: &[&str], resume: bool) -> Result<Trainer> {
        self.trainer_on(set, resume, &Device::flex())
    }

    pub fn trainer_on(&self, set: &[&str], resume: bool, device: &Device) -> Result<Trainer> {
        Trainer::new(self.recipe(set)?, resume, device, None, &mut |_| ())
    }

    /// The error that a run with these keys is refused with.
    pub fn refused(&self, set: &[&str]) -> Error {
        match self.trainer(set, false) {
            Ok(_) => panic!("{set:?} is taken"),
            Err(error) => error,
        }
    }

    /// A finished run's loss at every step.
    pub fn run(&self, set: &[&str]) -> (Trainer, Vec<f64>) {
        let mut trainer = self.trainer(set, false).unwrap();
        let losses = finish(&mut trainer);
        (trainer, losses)
    }
}

/// Runs to the end; the loss at every step.
pub fn finish(trainer: &mut Trainer) -> Vec<f64> {
    let mut losses = Vec::new();
    let ended = trainer.run(&AtomicBool::new(false), &mut |event| {
        if let Event::Step(_, report) = event {
            losses.push(report.loss);
        }
    });
    assert!(matches!(ended.unwrap(), Ended::Finished(_)));
    losses
}

/// Runs until `step` steps are done, and stops as Ctrl-C would.
pub fn run_until(trainer: &mut Trainer, step: u64) {
    let stop = AtomicBool::new(false);
    let ended = trainer.run(&stop, &mut |event| {
        if let Event::Step(done, _) = event {
            stop.store(done >= step, Ordering::Relaxed);
        }
    });
    assert_eq!(ended.unwrap(), Ended::Stopped(step));
}
