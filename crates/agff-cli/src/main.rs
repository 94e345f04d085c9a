//! The command line: its arguments, its exit codes, and how errors are shown.
//!
//! Each verb is a file of its own with an `Args` and a `run`. What they need: [`inputs`] finds photos,
//! [`model`] loads the model ([`nano`] is built in, [`models`] says where the others are), [`pipeline`] prepares inputs in
//! parallel and embeds them, [`vectors`] are files of the result, [`output`] writes tables, JSON, progress and errors; [`verify`] checks a
//! package for `inspect`, and [`files`] answers requests for `serve`.
//!
//! Exit codes: 0, everything was done; 1, an error, nothing was done; 2, the command line was
//! wrong, or some inputs failed while the others were done.

mod bench;
mod compare;
mod convert;
mod data;
mod doctor;
mod embed;
mod eval;
mod files;
mod http;
mod hub;
mod index;
mod inputs;
mod inspect;
mod interrupt;
mod list;
mod merge;
mod model;
mod models;
mod nano;
mod output;
mod patterns;
mod pipeline;
mod plan;
mod pull;
mod regions;
mod serve;
mod train;
mod vectors;
mod verify;

use std::process::ExitCode;

use agff::Error;
use agff_eval::guard::is_guarded;
use clap::error::ErrorKind;
use clap::{ArgAction, ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use log::LevelFilter;

use output::Console;

const LONG_ABOUT: &str = "\
Find photos by what you would say about them, on your own machine.

An AGFF model turns a photo or a text into several vectors, one global and some for
details, and compares them pair by pair. The model runs on the GPU, or on the CPU where
there is none.";

const EXAMPLES: &str = "\
Examples:
  agff compare --text \"a red mug left of a laptop\" holiday/
  agff embed holiday/*.jpg --json > vectors.jsonl
  agff index add ~/Pictures
  agff index search \"sunset over the sea\"
  agff doctor

Exit codes: 0 all done; 1 an error, nothing done; 2 a wrong command line, or some inputs
failed while the others were done.";

/// Multi-view embeddings of photos and text
#[derive(Parser)]
#[command(name = "agff", version, long_about = LONG_ABOUT, after_help = EXAMPLES)]
struct Cli {
    /// Say more: causes of errors, then what the library logs (-vv)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Embed(embed::Args),
    Compare(compare::Args),
    Index(index::Args),
    Convert(convert::Args),
    Pull(pull::Args),
    Plan(plan::Args),
    Models(list::Args),
    Data(data::Args),
    Inspect(inspect::Args),
    Eval(eval::Args),
    Bench(bench::Args),
    Doctor(doctor::Args),
    Serve(serve::Args),
    Train(train::Args),
    Merge(merge::Args),
}

impl Verb {
    fn json(&self) -> bool {
        match self {
            Verb::Embed(args) => args.json(),
            Verb::Compare(args) => args.json,
            Verb::Index(args) => args.json(),
            Verb::Data(args) => args.json(),
            Verb::Inspect(args) => args.json,
            Verb::Eval(args) => args.json,
            Verb::Bench(args) => args.json(),
            Verb::Doctor(args) => args.json,
            Verb::Plan(args) => args.json,
            Verb::Models(args) => args.json,
            Verb::Convert(_) | Verb::Pull(_) | Verb::Serve(_) => false,
            Verb::Train(_) | Verb::Merge(_) => false,
        }
    }

    fn run(self, console: &Console) -> Done {
        match self {
            Verb::Embed(args) => embed::run(args, console),
            Verb::Compare(args) => compare::run(args, console),
            Verb::Index(args) => index::run(args, console),
            Verb::Convert(args) => convert::run(args, console),
            Verb::Pull(args) => pull::run(args, console),
            Verb::Plan(args) => plan::run(args, console),
            Verb::Models(args) => list::run(args, console),
            Verb::Data(args) => data::run(args, console),
            Verb::Inspect(args) => inspect::run(args, console),
            Verb::Eval(args) => eval::run(args, console),
            Verb::Bench(args) => bench::run(args, console),
            Verb::Doctor(args) => doctor::run(args, console),
            Verb::Serve(args) => serve::run(args, console),
            Verb::Train(args) => train::run(args, console),
            Verb::Merge(args) => merge::run(args, console),
        }
    }
}

/// How much of what was asked for was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Complete,
    /// Some inputs failed, each was reported, and the rest was done.
    Partial,
}

/// Why nothing more was done.
#[derive(Debug)]
enum Failure {
    /// An error to show.
    Error(Error),
    /// Every input failed; each was shown.
    Reported,
    /// The arguments do not go together.
    Usage(String),
    /// Whoever read the output has read enough.
    ClosedPipe,
}

/// What a verb comes to.
type Done = Result<Outcome, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

const FAILED: u8 = 1;
const USAGE_OR_PARTIAL: u8 = 2;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(defect));
    let parsed = Cli::command()
        .try_get_matches()
        .and_then(|arguments| Ok((Cli::from_arg_matches(&arguments)?, arguments)));
    let (cli, arguments) = match parsed {
        Ok(parsed) => parsed,
        Err(message) => {
            // Help and version come this way too. If they cannot be printed, nobody listens.
            let _ = message.print();
            return u8::try_from(message.exit_code())
                .unwrap_or(USAGE_OR_PARTIAL)
                .into();
        }
    };
    start_log(cli.verbose);
    let console = Console::new(cli.verb.json(), cli.verbose > 0);
    // A panic is a defect; its hook has said so.
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cli.verb.run(&console)));
    match done {
        Ok(Ok(Outcome::Complete) | Err(Failure::ClosedPipe)) => ExitCode::SUCCESS,
        Ok(Ok(Outcome::Partial)) => USAGE_OR_PARTIAL.into(),
        Ok(Err(Failure::Error(error))) => {
            console.error(&error);
            FAILED.into()
        }
        Ok(Err(Failure::Usage(message))) => {
            wrong_usage(&arguments, message);
            USAGE_OR_PARTIAL.into()
        }
        Ok(Err(Failure::Reported)) | Err(_) => FAILED.into(),
    }
}

/// Shows an error of the verb that the arguments name, or of its own verb, with how that one is used.
fn wrong_usage(arguments: &ArgMatches, message: String) {
    let mut command = Cli::command();
    command.build();
    let (mut verb, mut arguments) = (&mut command, arguments);
    while let Some((name, own)) = arguments.subcommand() {
        let Some(found) = verb.find_subcommand_mut(name) else {
            return;
        };
        (verb, arguments) = (found, own);
    }
    // If it cannot be printed, nobody listens.
    let _ = verb
        .error(ErrorKind::MissingRequiredArgument, message)
        .print();
}

/// Shows what the library logs, which is how errors of shaders come: `RUST_LOG`, or else by `-v`.
fn start_log(verbose: u8) {
    let (others, own) = match verbose {
        0 => (LevelFilter::Error, LevelFilter::Error),
        1 => (LevelFilter::Error, LevelFilter::Warn),
        2 => (LevelFilter::Warn, LevelFilter::Debug),
        _ => (LevelFilter::Debug, LevelFilter::Trace),
    };
    env_logger::Builder::new()
        .filter_level(others)
        .filter_module("agff", own)
        .parse_default_env()
        .init();
}

/// Says that a panic is no fault of the user's.
fn defect(panic: &std::panic::PanicHookInfo<'_>) {
    use std::io::Write;
    if is_guarded() {
        return;
    }
    let _ = writeln!(
        std::io::stderr(),
        "error: this is a defect of agff, please report it with the command that led here: {panic}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_of_every_verb_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_has_a_line_of_help_and_an_example() {
        for verb in Cli::command().get_subcommands() {
            let name = verb.get_name();
            assert!(verb.get_about().is_some(), "{name} has no description");
            let help = verb
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                help.contains(&format!("  agff {name} ")),
                "{name} has no example"
            );
        }
    }
}
