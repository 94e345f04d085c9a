//! `agff data scenes` and `agff data clipart`: pictures with texts that the program makes itself.

use std::path::PathBuf;

use agff_scenes::clipart;
use agff_scenes::folder::{DataManifest, MakeOptions};
use agff_scenes::scenes::files;
use serde_json::{Value, json};

use crate::output::{self, Console, Unit};
use crate::{Done, Outcome};

/// What both makers take.
#[derive(clap::Args)]
pub struct Making {
    /// Width and height of the pictures, in pixels
    #[arg(long, value_name = "N", default_value_t = files::DEFAULT_SIZE)]
    size: u32,
    /// Seeds what is by chance
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Threads [default: one for each core]
    #[arg(long, short, value_name = "N")]
    jobs: Option<usize>,
    /// Replace a data set that is there already
    #[arg(long)]
    force: bool,
    /// Print the manifest as one JSON object
    #[arg(long)]
    pub json: bool,
}

impl Making {
    fn options(&self) -> MakeOptions {
        MakeOptions {
            seed: self.seed,
            size: self.size,
            threads: self.jobs,
            force: self.force,
        }
    }
}

const SCENES_LONG: &str = "\
Draw scenes with captions

Scenes come in units of two that differ in one fact: which way something faces, whether
a part is there, its state, how many there are, where they are, what colour they have,
how they are made, what is written, or from where it is seen (the nine patterns of MMVP).

OUT/rows.jsonl has a row for each caption: the scene as its positive, the unit's other
scene as its negative. With --pairs the test set is made instead, OUT/questions.jsonl:
its combinations of things and colours, its sentences, words and fonts are in no training
scene, whatever the seed.";

const SCENES_EXAMPLES: &str = "\
Examples:
  agff data scenes scenes --seed 1 --count 50000
  agff data scenes scenes-test --pairs
  agff eval --model models/agff-nano scenes-test/questions.jsonl";

/// Draw scenes with captions
#[derive(clap::Args)]
#[command(long_about = SCENES_LONG, after_help = SCENES_EXAMPLES)]
pub struct ScenesArgs {
    /// Folder to make
    out: PathBuf,
    /// Units of two scenes; with --pairs, of each pattern [default: 10000, with --pairs 60]
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Make the test set
    #[arg(long)]
    pairs: bool,
    #[command(flatten)]
    pub making: Making,
}

const CLIPART_LONG: &str = "\
Render clip-art with titles

Finds the SVG files in DIR and below, Debian's package openclipart-svg for instance, and
renders each on a plain background. OUT/rows.jsonl has a row for its title, and one with
its keywords; a share of the titles is held out in OUT/holdout/pairs.jsonl to be searched
for. Nothing outside of a file is read, and what takes too long is left out.";

const CLIPART_EXAMPLES: &str = "\
Examples:
  agff data clipart /usr/share/openclipart/svg clipart
  agff data clipart drawings out --holdout 0 --size 128 -v
  agff eval --model models/agff-nano clipart/holdout/pairs.jsonl";

/// Render clip-art with titles
#[derive(clap::Args)]
#[command(long_about = CLIPART_LONG, after_help = CLIPART_EXAMPLES)]
pub struct ClipartArgs {
    /// Folder of SVG files
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Folder to make
    out: PathBuf,
    /// Share of the titles that is held out, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    holdout: f64,
    #[command(flatten)]
    pub making: Making,
}

/// Units of a training set, unless told otherwise.
const UNITS: u64 = 10_000;

pub fn scenes(args: &ScenesArgs, console: &Console) -> Done {
    let options = args.making.options();
    let patterns = agff_scenes::scenes::Pattern::ALL.len() as u64;
    let progress = |done: u64| console.progress(done, "");
    let made = if args.pairs {
        let pairs = args.count.unwrap_or(files::TEST_PAIRS);
        console.begin("Drawing", pairs.saturating_mul(patterns), Unit::Inputs);
        files::write_test(&args.out, pairs, &options, progress)
    } else {
        let units = args.count.unwrap_or(UNITS);
        console.begin("Drawing", units, Unit::Inputs);
        files::write_training(&args.out, units, &options, progress)
    };
    console.end();
    let manifest = made?;
    if args.making.json {
        console.json_line(&manifest)?;
    } else {
        console.line(&summary(&args.out, &manifest))?;
    }
    Ok(Outcome::Complete)
}

pub fn clipart(args: &ClipartArgs, console: &Console) -> Done {
    let mut begun = false;
    let progress = |done: u64, total: u64| {
        if !begun {
            console.begin("Rendering", total, Unit::Inputs);
            begun = true;
        }
        console.progress(done, "");
    };
    let options = args.making.options();
    let made = clipart::make(&args.folder, &args.out, args.holdout, &options, progress);
    console.end();
    let made = made?;
    if args.making.json {
        let counts = made
            .skipped
            .iter()
            .map(|(why, files)| (why.as_str().to_owned(), files.len().into()));
        let skipped = Value::Object(counts.collect());
        console.json_line(&json!({"manifest": made.manifest, "skipped": skipped}))?;
        return Ok(Outcome::Complete);
    }
    for (why, files) in &made.skipped {
        let many = if files.len() == 1 { "file" } else { "files" };
        console.status(&format!("left out {} {many}: {why}", files.len()));
        if console.verbose() {
            for file in files {
                console.status(&format!("  {}", output::shown(&file.display().to_string())));
            }
        }
    }
    console.line(&summary(&args.out, &made.manifest))?;
    Ok(Outcome::Complete)
}

/// A line on what was made.
fn summary(out: &std::path::Path, manifest: &DataManifest) -> String {
    let count = |name: &str| {
        manifest
            .counts
            .get(name)
            .map(|count| format!("{count} {name}"))
    };
    let counts = ["rows", "questions", "held out", "pictures"];
    let counts: Vec<String> = counts.into_iter().filter_map(count).collect();
    format!(
        "{}: {}, {}, sha256 {}",
        output::shown(&out.display().to_string()),
        counts.join(", "),
        output::bytes(manifest.bytes),
        manifest.sha256,
    )
}
