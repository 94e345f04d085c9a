//! What is studied, and on what.

use std::sync::atomic::AtomicBool;

use clap::ValueEnum;

use crate::arms::{self, Arm};
use crate::report::Section;
use crate::run::Runs;
use crate::{Failed, SEEDS, each, shelves, swept, tuned};

/// Which pictures are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pictures {
    /// Drawn scenes, by a model of our own that begins with a global view.
    Scenes,
    /// Photos of groceries on shelves, by the model `photo`.
    Shelves,
}

/// A study.
pub struct Study {
    /// The recipe of all arms.
    pub recipe: &'static str,
    /// The folder of the runs.
    pub out: &'static str,
    /// The line of the document after which its tables stand.
    pub begin: &'static str,
    /// What its plots' names begin with.
    pub plots: &'static str,
    /// What is right, for the heads of tables.
    pub right: &'static str,
    /// Whether a group has several questions, so that precision@1 is another number.
    pub groups: bool,
}

impl Pictures {
    /// The study of them.
    pub fn study(self) -> Study {
        match self {
            Self::Scenes => Study {
                recipe: "recipes/ablation.toml",
                out: "runs/ablation",
                begin: "<!-- written by `make ablation` -->",
                plots: "",
                right: "group accuracy",
                groups: true,
            },
            Self::Shelves => Study {
                recipe: "recipes/ablation-shelves.toml",
                out: "runs/ablation-shelves",
                begin: "<!-- written by `make ablation-shelves` -->",
                plots: "shelves-",
                right: "shelves found",
                groups: false,
            },
        }
    }

    /// Does what is missing, or as much of it as there is time for.
    ///
    /// # Errors
    /// Of training.
    pub fn sections(self, runs: &Runs, stop: &AtomicBool) -> Result<Vec<Section>, Failed> {
        match self {
            Self::Scenes => scenes(runs, stop),
            Self::Shelves => shelves::sections(runs, stop),
        }
    }
}

fn scenes(runs: &Runs, stop: &AtomicBool) -> Result<Vec<Section>, Failed> {
    let plain = arms::named(arms::main(), arms::PLAIN);
    let with_plain =
        |others: Vec<Arm>| -> Vec<Arm> { std::iter::once(plain.clone()).chain(others).collect() };
    let mut compared = each(runs, stop, &arms::main(), &SEEDS)?;

    let (tuning, tuned) = tuned(runs, stop, &with_plain(arms::tuning()))?;
    compared.extend(tuned);

    let mut sweeps = Vec::new();
    for (title, others) in [
        ("The number of fine views", arms::views()),
        ("The temperature of the fusion", arms::fusion()),
    ] {
        let all = with_plain(others);
        sweeps.push(Section::new(title, swept(runs, stop, &all)?));
    }
    let mut sections = vec![
        Section::new("Views, fusion and loss", compared),
        Section::new("InfoNCE's temperature and margin", tuning),
    ];
    sections.extend(sweeps);
    Ok(sections)
}
