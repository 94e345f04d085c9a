//! The ablation: what views, fusion and EGA each bring, all forked from one global-only checkpoint.
//!
//! ```sh
//! make ablation
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

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agff::device::{self, DeviceChoice, DeviceOptions};
use arms::Arm;
use clap::Parser;
use report::Section;
use run::{Outcome, Runs};

/// Why it could not be done.
pub type Failed = Box<dyn std::error::Error>;

/// Seeds of the arms that are compared.
const SEEDS: [u64; 3] = [1, 2, 3];

/// The files of questions, by their places in the recipe.
const TEST: usize = 0;
const TUNING: usize = 1;

#[derive(Parser)]
struct Args {
    /// The recipe of all arms
    #[arg(long, default_value = "recipes/ablation.toml")]
    recipe: PathBuf,
    /// Folder of the runs
    #[arg(long, default_value = "runs/ablation")]
    out: PathBuf,
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
    let options = DeviceOptions {
        choice: args.device,
        ..DeviceOptions::default()
    };
    let (device, found) = pollster::block_on(device::open(options))?;
    let runs = Runs {
        device,
        largest_binding: found.largest_binding,
        recipe: args.recipe,
        set: args.set,
        folder: args.out,
    };
    let sections = sections(&runs, &stop)?;
    report::write(&args.document, &sections)?;
    println!("written: {}", args.document.display());
    Ok(())
}

/// Does what is missing, or as much of it as there is time for.
fn sections(runs: &Runs, stop: &AtomicBool) -> Result<Vec<Section>, Failed> {
    let plain = arm(arms::main(), arms::PLAIN);
    let with_plain =
        |others: Vec<Arm>| -> Vec<Arm> { std::iter::once(plain.clone()).chain(others).collect() };
    let mut compared = each(runs, stop, &arms::main(), &SEEDS)?;

    let tuning = each(runs, stop, &with_plain(arms::tuning()), &SEEDS[..1])?;
    let tuned = best(&tuning).map(|name| arm(with_plain(arms::tuning()), &name));
    let tuned: Vec<Arm> = tuned.into_iter().filter(|tuned| *tuned != plain).collect();
    compared.extend(each(runs, stop, &tuned, &SEEDS)?);

    let mut sweeps = Vec::new();
    for (title, others) in [
        ("The number of fine views", arms::views()),
        ("The temperature of the fusion", arms::fusion()),
    ] {
        let all = with_plain(others);
        let mut outcomes = each(runs, stop, &all, &SEEDS[..1])?;
        // The best one is confirmed; the plain one has all seeds.
        let confirmed: Vec<Arm> = best(&outcomes)
            .into_iter()
            .map(|name| arm(all.clone(), &name))
            .collect();
        outcomes.extend(each(runs, stop, &confirmed, &SEEDS[1..])?);
        sweeps.push(Section::new(title, outcomes));
    }
    let mut sections = vec![
        Section::new("Views, fusion and loss", compared),
        Section::new("InfoNCE's temperature and margin", tuning),
    ];
    sections.extend(sweeps);
    Ok(sections)
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

/// The arm whose first seed is best on the questions for choosing; the earlier one of equals.
fn best(outcomes: &[Outcome]) -> Option<String> {
    let of = |outcome: &Outcome| outcome.exams[TUNING].report.overall.group_accuracy.correct;
    let most = outcomes.iter().map(of).max()?;
    let found = outcomes.iter().find(|outcome| of(outcome) == most)?;
    Some(found.arm.clone())
}

fn arm(arms: Vec<Arm>, name: &str) -> Arm {
    let found = arms.into_iter().find(|arm| arm.name == name);
    found.expect("the name is of one of them")
}
