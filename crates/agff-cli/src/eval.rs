//! `agff eval`: how good a model is, on questions and rows, with intervals and beside others.

mod asked;
mod bars;
mod baselines;
mod material;
pub mod measured;
mod misses;
pub mod models;
mod object;
mod page;
mod pictures;
mod table;

use std::ffi::OsString;
use std::path::PathBuf;

use agff::tensors::Dtype;
use agff_eval::colour::Colours;

use crate::model::{self, Device, ModelArgs, PrecisionName};
use crate::output::{Console, NewFile};
use crate::{Done, Failure, Outcome, inputs};
use asked::Asked;
use baselines::Baseline;
use material::{Material, Task};
use measured::{About, Column, Measured};
use models::{Candidate, Failures};

const LONG: &str = "\
Measure a model on questions and rows

A file has questions, one JSON object a line, image paths relative to the file:
  {\"group\": \"1\", \"category\": \"colour\", \"query\": {\"text\": \"a red mug\"},
   \"candidates\": [{\"image\": \"1.png\"}, {\"image\": \"2.png\"}], \"answer\": 0}
Reported are precision@1 and group accuracy: a group is right if every question of it is.
A tie is wrong. Or a file has rows of {\"query\": …, \"positive\": …, \"label\": …}, as training
has: then every query searches all distinct positives of its file, and every positive all
queries; rows with the same label, query or positive are right for each other. A row without
a query is only searched: {\"positive\": …}, with a label if it is right for some rows.

Every distinct input is embedded once. What cannot be read is reported, the questions that
need it are left out and counted, and the exit code is 2.

--model, --dtype, --view and --dim may be given several times (all but --model also with
several values separated by commas): every combination is measured, and compared with the
first one.
Intervals are Wilson's at 95 %, those of differences Newcombe's for pairs, with McNemar's
exact p; all take questions (or groups, or queries) as independent of each other.

With --json everything is one object. Of the first combination:
  \"precision_at_1\": {\"value\": …, \"low\": …, \"high\": …, \"correct\": …, \"count\": …},
  \"group_accuracy\": {the same keys},
  \"chance\": {\"precision_at_1\": …, \"group_accuracy\": …} (of a model whose scores are
    random, one for each pair of inputs),
  \"questions\", \"groups\", \"questions_left_out\", \"groups_left_out\": counts,
  \"categories\": {\"colour\": {all of these keys}, …},
  \"mean_of_categories\": {\"precision_at_1\": …, \"group_accuracy\": …} (every category
    counting the same; absent without categories);
of files with rows instead, one object for each file in
  \"retrieval\": [{\"file\": …, \"query_to_positive\": {\"recall_at_1\": {value … count},
    \"recall_at_5\", \"recall_at_10\", \"median_rank\", \"chance\", \"queries\", \"targets\",
    \"queries_left_out\", \"targets_left_out\"}, \"positive_to_query\": {the same keys}}];
\"name\", \"model\", \"trained\", \"dtype\", \"view\" (null: all, fused), \"dimensions\", \"device\";
\"files\"; \"inputs\": {\"distinct\", \"failed\", \"truncated\"};
\"others\": the further combinations and baselines, with the same keys (a baseline has
  \"baseline\" and no model), and \"difference\": {\"precision_at_1\": {\"value\", \"low\", \"high\",
  \"only_first\", \"only_second\", \"p\"}, \"group_accuracy\"}, or within each direction of
  \"retrieval\" one \"difference\" of recall@1.";

const EXAMPLES: &str = "\
Examples:
  agff eval --model models/agff-nano scenes.jsonl --baseline shuffled,colour
  agff eval pairs.jsonl --view fused,global --dim 192,64 --html report.html
  agff eval --model qwen-f16 --dtype f16,q8,q4 mmvp.jsonl --json > result.json";

/// Measure a model on questions and rows
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Files of questions, or of rows
    #[arg(value_name = "FILE.jsonl", required = true)]
    files: Vec<PathBuf>,
    /// What the files have [default: what the keys of the first line tell]
    #[arg(long, value_enum)]
    task: Option<Task>,
    /// Measure this as well
    #[arg(long, value_enum, value_delimiter = ',')]
    baseline: Vec<Baseline>,
    /// How `--baseline shuffled` exchanges images
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Print JSON, one object
    #[arg(long)]
    pub json: bool,
    /// Write a page with tables, bars and the worst misses as pictures
    #[arg(long, value_name = "report.html")]
    html: Option<PathBuf>,

    /// Model to use: photo, agff-nano, or the folder of a package [default: photo]
    #[arg(long, value_name = "PKG", help_heading = "Model")]
    model: Vec<PathBuf>,
    /// Store the weights as this type first, in memory; from an f32 or f16 package
    #[arg(long, value_enum, value_delimiter = ',', help_heading = "Model")]
    dtype: Vec<Stored>,
    /// Compare by this view only; `fused` is all views together [default: fused]
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = "Model"
    )]
    view: Vec<OsString>,
    /// The same as --view global
    #[arg(long, conflicts_with = "view", help_heading = "Model")]
    single_view: bool,
    /// Cut vectors to their first N values, and make them unit vectors again
    #[arg(long, value_name = "N", value_delimiter = ',', help_heading = "Model")]
    dim: Vec<usize>,
    /// What runs the model
    #[arg(long, value_enum, default_value_t = Device::Auto, help_heading = "Model")]
    device: Device,
    /// How the CPU multiplies with q8 and q4 weights
    #[arg(long, value_enum, default_value_t = PrecisionName::Fast, help_heading = "Model")]
    precision: PrecisionName,
    /// Reduce photos to about N pixels at most: faster, less detail
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Model")]
    max_pixels: Option<u64>,
    /// What queries are for, where the file does not say; the package has a default
    #[arg(
        long,
        value_name = "STR",
        conflicts_with = "prompt",
        help_heading = "Model"
    )]
    instruction: Option<OsString>,
    /// The same by its name in the package ("query", say; see `agff inspect`)
    #[arg(long, value_name = "NAME", help_heading = "Model")]
    prompt: Option<OsString>,
}

impl Args {
    /// Names of the views to compare by; none is all of them together.
    fn views(&self) -> agff::Result<Vec<String>> {
        if self.single_view {
            return Ok(vec!["global".to_owned()]);
        }
        let views = self.view.iter();
        views.map(|view| inputs::text("--view", view)).collect()
    }
}

/// `--dtype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Stored {
    /// 32-bit floats
    F32,
    /// 16-bit floats
    F16,
    /// 8 bits, in blocks of 32 with a scale
    Q8,
    /// 4 bits, in blocks of 32 with a scale
    Q4,
}

impl From<Stored> for Dtype {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::F32 => Self::F32,
            Stored::F16 => Self::F16,
            Stored::Q8 => Self::Q8,
            Stored::Q4 => Self::Q4,
        }
    }
}

pub fn run(args: Args, console: &Console) -> Done {
    let material = Material::read(&args.files, args.task)?;
    let views = args.views()?;
    let candidates = models::open(&args.model, &views)?;
    for candidate in &candidates {
        for &dimensions in &args.dim {
            model::check_dimensions(candidate.package.manifest(), dimensions, console)?;
        }
    }
    // Now, so that a place where no page can be written is found before the work.
    let page = args.html.as_deref().map(NewFile::create).transpose()?;

    let mut failures = Failures::default();
    let asked = ask(&args, &candidates, &material, &mut failures, console)?;
    let mut columns = Vec::new();
    for model in &asked {
        for view in or_default(&views) {
            for dimensions in or_default(&args.dim) {
                columns.push(model.column(view, dimensions.copied(), &failures)?);
            }
        }
    }
    let Some(first) = asked
        .first()
        .filter(|_| !columns.iter().all(|column| column.measured.is_empty()))
    else {
        return Err(Failure::Reported);
    };
    let dimensions = args.dim.first().copied();
    columns.extend(first.shuffled_column(views.first(), dimensions, &failures)?);
    if args.baseline.contains(&Baseline::Colour) {
        let parts = first.material.parts();
        let colours = baselines::colours(&parts, &mut failures, console);
        let known = |part: &_| colours.get(part).filter(|_| !failures.has(part));
        columns.push(Column {
            about: About {
                name: "colours only".into(),
                baseline: Some("colour"),
                model: None,
            },
            measured: Measured::new(&first.material, known, Colours::similarity),
        });
    }
    report(&args, &columns, &first.material, &failures, page, console)
}

/// Asks every model, with every type of weights; the first one with exchanged images too, if that is wanted.
fn ask<'a>(
    args: &Args,
    candidates: &[Candidate],
    material: &'a Material,
    failures: &mut Failures,
    console: &Console,
) -> Result<Vec<Asked<'a>>, Failure> {
    let model_args = ModelArgs {
        model: None,
        device: args.device,
        precision: args.precision,
        max_pixels: args.max_pixels,
        dim: None,
        instruction: args.instruction.clone(),
        prompt: args.prompt.clone(),
    };
    let mut asked = Vec::new();
    for candidate in candidates {
        for dtype in or_default(&args.dtype) {
            let dtype = dtype.map(|&dtype| dtype.into());
            let loaded = candidate.load(dtype, &model_args, console)?;
            let mut model = Asked::new(candidate, dtype, &loaded, material, failures, console)?;
            if asked.is_empty() && args.baseline.contains(&Baseline::Shuffled) {
                model.shuffle(args.seed, &loaded, failures, console)?;
            }
            asked.push(model);
        }
    }
    Ok(asked)
}

/// Prints the result, and writes the page.
fn report(
    args: &Args,
    columns: &[Column],
    material: &Material,
    failures: &Failures,
    page: Option<NewFile>,
    console: &Console,
) -> Done {
    if failures.truncated() > 0 {
        console.note(&format!(
            "{} texts were too long and were cut",
            failures.truncated()
        ));
    }
    let files = args.files.iter().map(|file| file.display().to_string());
    let files: Vec<String> = files.collect();
    if let Some(mut file) = page {
        file.write_line(&page::page(columns, material, &files))?;
        file.finish()?;
    }
    if args.json {
        let object = object::Object::new(columns, material, failures, files);
        console.json_line(&object)?;
    } else {
        table::print(columns, material, console)?;
    }
    Ok(match failures.count() {
        0 => Outcome::Complete,
        _ => Outcome::Partial,
    })
}

/// Every value that was given, or once the default.
fn or_default<T>(values: &[T]) -> Vec<Option<&T>> {
    match values {
        [] => vec![None],
        values => values.iter().map(Some).collect(),
    }
}
