//! The ablation: what views, fusion and EGA each bring, all forked from one checkpoint.
//!
//! ```sh
//! make ablation
//! make ablation-shelves GROCERIES=FOLDER TEACHERS=FOLDER
//! ```
//!
//! Every run keeps what came of it; a second call goes on where the first one stopped (Ctrl-C saves). At
//! the end, and with `--report` at once, the tables of `docs/ablation.md` and the plots beside it are
//! written from the runs that are done.

mod arms;
mod numbers;
mod plot;
mod report;
mod run;
mod shelves;
mod study;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use agff::device::{self, DeviceChoice, DeviceOptions};
use arms::Arm;
use clap::Parser;
use run::{Outcome, Runs};
use study::Pictures;

/// Why it could not be done.
pub type Failed = Box<dyn std::error::Error>;

/// Seeds of the arms that are compared.
const SEEDS: [u64; 3] = [1, 2, 3];

/// Where shelves are written.
const SHELVES: &str = "data/shelves";

/// The files of questions, by their places in the recipe.
const TEST: usize = 0;
const TUNING: usize = 1;

#[derive(Parser)]
struct Args {
    /// What is studied
    #[arg(long, value_name = "PICTURES", default_value = "scenes")]
    on: Pictures,
    /// The recipe of all arms; the study's own unless told otherwise
    #[arg(long)]
    recipe: Option<PathBuf>,
    /// Folder of the runs; the study's own unless told otherwise
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder of photos of groceries that shelves to train on are made of, with pairs.jsonl
    #[arg(long)]
    teachers: Option<PathBuf>,
    /// Folder of photos of groceries that shelves to be asked are made of
    #[arg(long)]
    groceries: Option<PathBuf>,
    /// The document whose tables are written; plots go into the folder of the same name
    #[arg(long, default_value = "docs/ablation.md")]
    document: PathBuf,
    /// Set a key of the recipe for all arms
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where to train: auto, gpu or cpu
    #[arg(long, value_name = "WHERE", default_value = "cpu")]
    device: DeviceChoice,
    /// Train nothing, only write what is known
    #[arg(long)]
    report: bool,
}

fn main() -> Result<(), Failed> {
    let args = Args::parse();
    let stop = Arc::new(AtomicBool::new(args.report));
    let flag = stop.clone();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })?;
    if let Some((teachers, groceries)) = args.teachers.as_ref().zip(args.groceries.as_ref()) {
        shelves::write(teachers, groceries, Path::new(SHELVES))?;
    }
    let study = args.on.study();
    let options = DeviceOptions {
        choice: args.device,
        ..DeviceOptions::default()
    };
    let (device, found) = pollster::block_on(device::open(options))?;
    let runs = Runs {
        device,
        largest_binding: found.largest_binding,
        recipe: args.recipe.unwrap_or_else(|| study.recipe.into()),
        set: args.set,
        folder: args.out.unwrap_or_else(|| study.out.into()),
        features: Mutex::default(),
    };
    let sections = args.on.sections(&runs, &stop)?;
    report::write(&args.document, &study, &sections)?;
    println!("written: {}", args.document.display());
    Ok(())
}

/// What came of all arms with all seeds, as far as it is known or there is time.
fn each(
    runs: &Runs,
    stop: &AtomicBool,
    arms: &[Arm],
    seeds: &[u64],
) -> Result<Vec<Outcome>, Failed> {
    let mut outcomes = Vec::new();
    for &seed in seeds {
        for arm in arms {
            let outcome = match stop.load(Ordering::Relaxed) {
                true => runs.done(arm, seed),
                false => runs.run(arm, seed, stop)?,
            };
            outcomes.extend(outcome);
        }
    }
    Ok(outcomes)
}

/// The first seed of all arms, and the others of the best one, which is confirmed so. The first arm has all seeds elsewhere.
fn swept(runs: &Runs, stop: &AtomicBool, arms: &[Arm]) -> Result<Vec<Outcome>, Failed> {
    let mut outcomes = each(runs, stop, arms, &SEEDS[..1])?;
    let confirmed: Vec<Arm> = best(&outcomes)
        .into_iter()
        .map(|name| arms::named(arms.to_vec(), &name))
        .collect();
    outcomes.extend(each(runs, stop, &confirmed, &SEEDS[1..])?);
    Ok(outcomes)
}

/// The first seed of all arms; and all seeds of the best one, if that is not the first arm.
fn tuned(
    runs: &Runs,
    stop: &AtomicBool,
    arms: &[Arm],
) -> Result<(Vec<Outcome>, Vec<Outcome>), Failed> {
    let outcomes = each(runs, stop, arms, &SEEDS[..1])?;
    let tuned = best(&outcomes).map(|name| arms::named(arms.to_vec(), &name));
    let tuned: Vec<Arm> = tuned
        .into_iter()
        .filter(|tuned| *tuned != arms[0])
        .collect();
    let of_tuned = each(runs, stop, &tuned, &SEEDS)?;
    Ok((outcomes, of_tuned))
}

/// The arm whose first seed is best on the questions for choosing; the earlier one of equals.
fn best(outcomes: &[Outcome]) -> Option<String> {
    let of = |outcome: &Outcome| outcome.exams[TUNING].report.overall.group_accuracy.correct;
    let most = outcomes.iter().map(of).max()?;
    let found = outcomes.iter().find(|outcome| of(outcome) == most)?;
    Some(found.arm.clone())
}
