//! The model trained on photos and their names (`recipes/photo-words.toml`): products of groceries, named in other
//! photos; and what it knew before.
//!
//! The recipe's numbers were chosen on folds of the photos that it is trained on, and on the choosing half of the stamps.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use agff::device::{self, DeviceChoice, DeviceOptions};
use agff::{Agff, Source};
use agff_train::{Ended, Event, Recipe, Trainer};

use crate::Failed;
use crate::groceries::{self, Named};
use crate::model;
use crate::numbers::Bootstrap;
use crate::page::{interval, number};
use crate::singles::Asking;
use crate::variants::{self, Variant};

/// The recipe, from the project's root.
const RECIPE: &str = "recipes/photo-words.toml";

/// The share of photos that is to get its product's name.
pub const BAR: f64 = 0.66;

/// Most of the cut-outs' recall among the first ten that may be lost.
pub const LOST: f64 = 0.03;

/// What was measured.
pub struct Trained {
    /// Steps, and photos of each.
    steps: u64,
    rows: usize,
    /// Photos that are named, by the model as it was and as it became.
    pub named: [Named; 2],
    /// The stamps, by the model that it became.
    pub stamps: Variant,
}

/// Trains on the photos of the folder `teachers`, in `out`, where a run that was stopped goes on. Gives the model, the
/// steps, and the photos of each.
///
/// # Errors
/// If something cannot be read or written.
pub fn train(package: &Path, teachers: &Path, out: &Path) -> Result<(Agff, u64, usize), Failed> {
    let path = |path: PathBuf| std::path::absolute(path);
    let set = [
        ("out", path(out.join("photo-words"))?),
        ("start.package", path(package.to_owned())?),
        ("data[0].rows", path(teachers.join("pairs.jsonl"))?),
    ];
    let set = set.map(|(key, path)| format!("{key}={:?}", path.display().to_string()));
    let recipe = Recipe::read(Path::new(RECIPE), &set)?;
    let options = DeviceOptions {
        choice: DeviceChoice::Cpu,
        ..DeviceOptions::default()
    };
    let (device, _) = pollster::block_on(device::open(options))?;
    let rows = recipe.batch.rows;
    let mut trainer = Trainer::new(recipe, true, &device, None, &mut |event| {
        if let Event::Note(note) = event {
            eprintln!("{note}");
        }
    })?;
    let steps = trainer.steps();
    let ended = trainer.run(&AtomicBool::new(false), &mut |event| {
        if let Event::Step(step, report) = event
            && step.is_multiple_of(100)
        {
            eprintln!("step {step} of {steps}: loss {:.3}", report.loss);
        }
    })?;
    match ended {
        Ended::Finished(folder) => Ok((model::load(Source::Folder(folder))?, steps, rows)),
        Ended::Stopped(step) => Err(format!("the training stopped after step {step}").into()),
    }
}

/// Trains, and lets photos of the folder `searched` be named and both halves of the stamps ask.
///
/// # Errors
/// If something cannot be read or written.
pub fn measure(
    (before, package): (&Agff, &Path),
    teachers: &Path,
    searched: &Path,
    asking: &[Asking; 2],
    out: &Path,
) -> Result<Trained, Failed> {
    let (after, steps, rows) = train(package, teachers, out)?;
    Ok(Trained {
        steps,
        rows,
        named: [
            groceries::name(before, searched)?,
            groceries::name(&after, searched)?,
        ],
        stamps: variants::variant("trained", &after, 0, asking)?.0,
    })
}

/// The section of the document.
pub fn text(trained: Option<&Trained>, own: &Variant, boot: &Bootstrap) -> String {
    let mut text = String::from("### Trained on photos and their names\n\n");
    let Some(trained) = trained else {
        return text
            + "Left out in this run: `make eval-photos GROCERIES=FILE.tar TEACHERS=FILE.tar` trains on photos of groceries\n\
               ([data.md](data.md)).\n\n";
    };
    let _ = write!(
        text,
        "`agff train recipes/photo-words.toml` on the training part of *groceries*: two linear maps behind the model, {} steps of\n\
         {} photos and names. The photos of the validation part get the name of one of {} products. What the model knew before\n\
         is measured by the stamps of the reported half, as above.\n\n\
         | % | photos named right | stamps, recall@1 | @5 | @10 | choosing half |\n|---|---|---|---|---|---|\n",
        trained.steps, trained.rows, trained.named[0].names,
    );
    for (name, named, stamps) in [
        ("as it was", &trained.named[0], own),
        ("trained", &trained.named[1], &trained.stamps),
    ] {
        let recalls = [0, 1, 2].map(|k| interval(boot.recall(&stamps.fused[0], k)));
        let choosing = [0, 1, 2].map(|k| number(stamps.fused[1].share(k)));
        let _ = writeln!(
            text,
            "| {name} | {} [{}, {}] | {} | {} |",
            number(named.right.value),
            number(named.right.low),
            number(named.right.high),
            recalls.join(" | "),
            choosing.join(" / "),
        );
    }
    text.push('\n');
    text
}
