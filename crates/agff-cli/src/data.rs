//! `agff data`: data to train on and to test with, made by the program itself or from benchmarks.

mod drawn;
mod mmeb;
mod mmvp;

use clap::Subcommand;

use crate::Done;
use crate::output::Console;

const LONG: &str = "\
Make data to train on and to test with

scenes and clipart make a folder that appears when it is whole, with a manifest that has a
hash over all its files. The same version makes the same files from the same options, on
every machine and with any number of threads. mmvp and mmeb make questions for `agff eval`
of benchmarks as they are published.";

const EXAMPLES: &str = "\
Examples:
  agff data scenes scenes --seed 1 --count 50000
  agff data scenes scenes-test --pairs
  agff data clipart /usr/share/openclipart/svg clipart
  agff data mmvp MMVP_VLM mmvp.jsonl";

/// Make data to train on and to test with
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Scenes(drawn::ScenesArgs),
    Clipart(drawn::ClipartArgs),
    Mmvp(mmvp::Args),
    Mmeb(mmeb::Args),
}

impl Args {
    pub fn json(&self) -> bool {
        match &self.what {
            What::Scenes(args) => args.making.json,
            What::Clipart(args) => args.making.json,
            What::Mmvp(_) => false,
            What::Mmeb(_) => false,
        }
    }
}

pub fn run(args: Args, console: &Console) -> Done {
    match args.what {
        What::Scenes(args) => drawn::scenes(&args, console),
        What::Clipart(args) => drawn::clipart(&args, console),
        What::Mmvp(args) => mmvp::run(args, console),
        What::Mmeb(args) => mmeb::run(args, console),
    }
}
