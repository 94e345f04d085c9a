//! `agff bench`: whole benchmarks as they are published, in one go that can be interrupted.
//!
//! [`mmeb`] and [`mmvp`] read the published files and say what their papers' tables have; [`kept`] is what is left of
//! a data set that was measured, so that it is not measured again.

mod kept;
mod mmeb;
mod mmvp;

use std::path::{Path, PathBuf};

use agff::package::Package;
use agff::{Error, Result};
use agff_eval::data::Question;
use agff_eval::questions::{self, Report};
use clap::Subcommand;
use pollster::block_on;

use crate::eval::models::{self, Embeddings, Failures};
use crate::model::{self, Loaded, ModelArgs};
use crate::output::Console;
use crate::{Done, Failure};
use kept::{Kept, Result as Measured};

const LONG: &str = "\
Measure a model on a whole benchmark, as its paper does

`mmeb` takes the 36 data sets of MMEB, `mmvp` the pairs of MMVP-VLM, from the files as they are
published. Every data set that is done is kept under --out: run again, it goes on with the
others, and says the whole table. A result belongs to its model, its settings and its data
set's files; if one of them changes, or an image was missing or damaged, it is measured anew.";

const EXAMPLES: &str = "\
Examples:
  agff bench mmeb MMEB-eval --images MMEB-eval/images --model qwen
  agff bench mmvp MMVP_VLM --model google/siglip2-base-patch16-224 --json";

/// Measure a model on a whole benchmark, as its paper does
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Mmeb(mmeb::Args),
    Mmvp(mmvp::Args),
}

impl Args {
    /// Whether errors are JSON as well.
    pub fn json(&self) -> bool {
        match &self.what {
            What::Mmeb(args) => args.common.json,
            What::Mmvp(args) => args.common.json,
        }
    }
}

pub fn run(args: Args, console: &Console) -> Done {
    match args.what {
        What::Mmeb(args) => mmeb::run(args, console),
        What::Mmvp(args) => mmvp::run(args, console),
    }
}

/// What both take.
#[derive(clap::Args)]
struct Common {
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = "bench")]
    out: PathBuf,
    /// Measure again what was measured before
    #[arg(long)]
    again: bool,
    /// Print JSON, one object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelArgs,
}

/// A model that answers the questions of data sets, and what it has answered before.
struct Bench<'a> {
    args: &'a Common,
    /// What a result belongs to, beside its data set.
    kept: Kept,
    /// The model's name.
    name: String,
    /// Loaded when the first question is asked.
    loaded: Option<Loaded>,
    console: &'a Console,
}

impl<'a> Bench<'a> {
    /// Opens the package, no weights yet. `settings` are what else changes a result.
    fn new(
        benchmark: &'static str,
        args: &'a Common,
        settings: &[String],
        console: &'a Console,
    ) -> Result<Self> {
        let source = model::source(args.model.model.as_deref())?;
        let package = block_on(Package::open(source))?;
        let manifest = package.manifest();
        if let Some(dimensions) = args.model.dim {
            model::check_dimensions(manifest, dimensions, console)?;
        }
        let mut making: Vec<String> = settings.to_vec();
        for (option, value) in [
            ("dim", args.model.dim.map(|n| n.to_string())),
            ("max-pixels", args.model.max_pixels.map(|n| n.to_string())),
            ("instruction", model::instruction(&args.model, manifest)?),
        ] {
            making.extend(value.map(|value| format!("{option} {value}")));
        }
        let kept = Kept::new(benchmark, &args.out, manifest, making)?;
        kept.prepare()?;
        Ok(Self {
            kept,
            name: manifest.name.clone(),
            args,
            loaded: None,
            console,
        })
    }

    /// The result of a data set, as it was or measured now. `files` are all that it consists of, and `questions` reads
    /// them.
    fn measure(
        &mut self,
        data_set: &str,
        files: &[PathBuf],
        questions: impl FnOnce() -> Result<Vec<Question>, Failure>,
    ) -> Result<Measured, Failure> {
        let hash = kept::hash(files)?;
        if !self.args.again
            && let Some(result) = self.kept.read(data_set, &hash)?
        {
            let left_out = match result.failed {
                0 => String::new(),
                n => format!(", without {n} inputs that the model cannot take"),
            };
            self.console
                .status(&format!("{data_set}: measured before{left_out}"));
            return Ok(result);
        }
        let mut questions = questions()?;
        let loaded = self.loaded()?;
        if let Some(instruction) = &loaded.instruction {
            for question in &mut questions {
                let own = &mut question.query.instruction;
                own.get_or_insert_with(|| instruction.clone());
            }
        }
        let (mut embeddings, mut failures) = (Embeddings::new(), Failures::default());
        let parts = questions::parts(&questions);
        self.console
            .status(&format!("{data_set}: {} inputs", parts.len()));
        let console = self.console;
        let loaded = self.loaded()?;
        models::embed(loaded, &parts, &mut embeddings, &mut failures, console)?;
        let manifest = loaded.agff.manifest();
        if loaded.dimensions.is_some() {
            embeddings = models::cut(&embeddings, manifest, None, loaded.dimensions)?;
        }
        let fusion = &manifest.fusion;
        let known = |part: &_| embeddings.get(part).filter(|_| !failures.has(part));
        // What is no number loses.
        let similarity = |query: &_, target: &_| {
            agff::similarity(query, target, fusion).map_or(f32::NAN, |s| s.score)
        };
        let answers = questions::score(&questions, known, similarity);
        let result = Measured {
            report: Report::new(&questions, &answers),
            failed: failures.count(),
            truncated: failures.truncated(),
            incomplete: failures.any_unreadable(),
        };
        if result.truncated > 0 {
            console.note(&format!(
                "{data_set}: {} texts were too long and were cut",
                result.truncated
            ));
        }
        self.kept.write(data_set, &hash, &result)?;
        Ok(result)
    }

    fn loaded(&mut self) -> Result<&Loaded> {
        let loaded = match self.loaded.take() {
            Some(loaded) => loaded,
            None => model::load(&self.args.model, self.console)?,
        };
        Ok(self.loaded.insert(loaded))
    }
}

/// An error about a benchmark's folder.
fn no_data_sets(folder: &Path, what: &str) -> Error {
    let why = format!("has no {what} in it; name the folder as it is published");
    Error::new(agff::Code::Data, folder.display().to_string(), why)
}
