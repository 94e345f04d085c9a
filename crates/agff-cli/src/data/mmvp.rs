//! `agff data mmvp`: the questions of MMVP-VLM, as a file for `agff eval`.

use std::path::{Path, PathBuf};

use agff_eval::layouts::mmvp::Benchmark;

use crate::inputs::is_photo;
use crate::output::{Console, Lines, shown};
use crate::{Done, Outcome};

const LONG: &str = "\
Make questions of the MMVP-VLM benchmark

The folder has Questions.csv (Question ID, Type, Statement) and images by their numbers in a
folder for each type, as it is published. Every statement becomes a question for the image of
its pair that it describes, every pair a group: measure the result with `agff eval`.";

const EXAMPLES: &str = "\
Examples:
  agff data mmvp MMVP_VLM mmvp.jsonl
  agff eval mmvp.jsonl --model package";

/// Make questions of the MMVP-VLM benchmark
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Folder with Questions.csv
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// File to write
    #[arg(value_name = "OUT.jsonl")]
    out: PathBuf,
    /// What is put before every statement
    #[arg(long, value_name = "STR", default_value = "a photo of ")]
    prefix: String,
}

pub fn run(args: Args, console: &Console) -> Done {
    let benchmark = Benchmark::read(&args.folder, is_photo)?;
    let folder = args.out.parent().unwrap_or(Path::new(""));
    let mut lines = Lines::to(Some(&args.out), console)?;
    let mut written = 0;
    for pair in benchmark.questions(&args.prefix) {
        for question in pair? {
            lines.write(&question.relative_to(folder))?;
            written += 1;
        }
    }
    lines.finish()?;
    console.line(&format!(
        "{}: {written} questions in {} pairs",
        shown(&args.out.display().to_string()),
        benchmark.pairs()
    ))?;
    Ok(Outcome::Complete)
}
