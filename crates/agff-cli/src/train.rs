//! `agff train`: a run of the trainer, from a recipe.

use std::path::PathBuf;

use agff::device::{self, DeviceChoice, DeviceOptions};
use agff_eval::questions::Report;
use agff_train::metrics::Progress;
use agff_train::{Ended, Event, Recipe, Trainer};

use crate::interrupt;
use crate::output::{self, Console, Unit};
use crate::{Done, Outcome};

const LONG: &str = "\
Fine-tune a model, or train one from nothing

A recipe is a TOML file that says everything: where to start, what to train, on which rows,
with which loss, for how long. `agff train --example` prints one with every key explained.
The run's folder (`out` in the recipe) gets checkpoints, metrics.jsonl, TensorBoard's event
files and, at the end, `model` (a package) or `adapter` (for `agff merge`).

Ctrl-C saves and stops; --resume goes on as if nothing had happened. If the machine dies, what
is lost is what came after the last checkpoint.";

const EXAMPLES: &str = "\
Examples:
  agff train --example > recipe.toml
  agff train recipe.toml
  agff train recipe.toml --resume
  agff train recipe.toml --set optimiser.learning_rate=1e-4 --set loss.hardness=e1";

/// Fine-tune a model, or train one from nothing
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// The recipe
    #[arg(value_name = "RECIPE", required_unless_present = "example")]
    recipe: Option<PathBuf>,
    /// Go on after the newest checkpoint of the run, if there is one
    #[arg(long)]
    resume: bool,
    /// Set a key of the recipe to another value
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where to train: auto, gpu or cpu
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    device: DeviceChoice,
    /// Print a recipe with every key explained, and do nothing else
    #[arg(long, exclusive = true)]
    example: bool,
}

pub fn run(args: Args, console: &Console) -> Done {
    let Some(path) = args.recipe.filter(|_| !args.example) else {
        console.line(Recipe::EXAMPLE.trim_end())?;
        return Ok(Outcome::Complete);
    };
    let recipe = Recipe::read(&path, &args.set)?;
    let workers = recipe.batch.workers;
    let every = recipe.log.every;
    if workers > 0 {
        // Fails only if the pool is in use already, which it is not yet.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(workers)
            .build_global();
    }
    let options = DeviceOptions {
        choice: args.device,
        ..DeviceOptions::default()
    };
    let (device, report) = pollster::block_on(device::open(options))?;
    console.status(&format!("training on {} ({})", report.name, report.reason));
    let mut trainer = Trainer::new(
        recipe,
        args.resume,
        &device,
        report.largest_binding,
        &mut |event| {
            if let Event::Note(note) = event {
                console.status(&note);
            }
        },
    )?;
    console.status(&format!(
        "{} numbers are trained; step {} of {}",
        trainer.parameters().count(),
        trainer.step(),
        trainer.steps()
    ));
    // Until here there is nothing to save: Ctrl-C ends the program.
    let stop = interrupt::flag("stopping after this step", console)?;
    let mut progress = Progress::new(trainer.step(), trainer.steps());
    console.begin("Training", trainer.steps(), Unit::Steps);
    let ended = trainer.run(&stop, &mut |event| match event {
        Event::Note(note) => console.status(&note),
        Event::Step(step, report) => {
            progress.step(report);
            console.progress(step, &progress.to_string());
            if !console.has_bar() && (step.is_multiple_of(every) || step == progress.total()) {
                console.status(&format!("{step}/{}  {progress}", progress.total()));
            }
        }
        Event::Evaluated(step, exam, report, _) => {
            console.status(&format!("step {step}, {}: {}", exam.name(), line(report)));
        }
        Event::Saved(step, path) => {
            if console.verbose() {
                console.status(&format!("step {step} is saved in {}", path.display()));
            }
        }
    });
    console.end();
    match ended? {
        Ended::Finished(out) => {
            console.line(&format!(
                "trained: {}",
                output::shown(&out.display().to_string())
            ))?;
        }
        Ended::Stopped(step) => {
            console.status(&format!("stopped after step {step}; go on with --resume"));
        }
    }
    Ok(Outcome::Complete)
}

fn line(report: &Report) -> String {
    let percent = |value: f64| format!("{:.1} %", 100.0 * value);
    let overall = &report.overall;
    format!(
        "precision@1 {}, group accuracy {}",
        percent(overall.precision_at_1.value),
        percent(overall.group_accuracy.value)
    )
}
