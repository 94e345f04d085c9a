//! `agff merge`: a package from what training made.

use std::path::{Path, PathBuf};

use agff::package::Source;
use agff::package::convert::folder_name;
use agff::package::manifest::CARD_FILE;
use agff::{Code, Error};
use agff_train::adapter::{Adapter, DESCRIPTION_FILE};
use agff_train::base::Base;
use agff_train::card::card;
use agff_train::checkpoint::write_whole;
use agff_train::setup;
use agff_train::trainer::{ADAPTER_FOLDER, MODEL_FOLDER, RECIPE_FILE};
use agff_train::{Recipe, recipe};

use crate::convert::Stored;
use crate::output::{self, Console};
use crate::{Done, Outcome};

const LONG: &str = "\
Make a package from what training made

RUN is the folder of a run, or an adapter's own folder. An adapter is merged into the weights
of the model that it was trained on, which is taken from where the run took it, or from --base.
A run that trained everything has a package already; it is stored anew as --dtype says.

Of a run's folder a model card is written too, README.md. It tells how the model was trained, by
the records of the run and of those that it started from, and how good it was found to be, by
what --evaluation names.";

const EXAMPLES: &str = "\
Examples:
  agff merge runs/photos --out photos-q8 --dtype q8
  agff merge adapter --base qwen --out qwen-photos";

/// Make a package from what training made
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Folder of the run, or of the adapter
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Folder to make
    #[arg(long, short, value_name = "PKG")]
    out: PathBuf,
    /// The model that the adapter belongs to [default: where the run took it]
    #[arg(long, value_name = "PKG")]
    base: Option<PathBuf>,
    /// How the weights of linear layers are stored
    #[arg(long, value_enum, default_value_t = Stored::F16)]
    dtype: Stored,
    /// Name of the new package [default: that of its folder]
    #[arg(long, value_name = "STR")]
    name: Option<String>,
    /// For the card: what `agff eval --json` printed; may be given several times
    #[arg(long, value_name = "FILE.json")]
    evaluation: Vec<PathBuf>,
    /// For the card: a Markdown file on what the model is good for and what not
    #[arg(long, value_name = "FILE.md")]
    notes: Option<PathBuf>,
    /// Replace a package that is there already
    #[arg(long)]
    force: bool,
}

pub fn run(args: Args, console: &Console) -> Done {
    let model = args.run.join(MODEL_FOLDER);
    let dtype = args.dtype.into();
    let name = args.name.unwrap_or_else(|| folder_name(&args.out));
    if !args.run.is_dir() {
        return Err(not_a_run(
            &args.run,
            "there is no such folder; name the one of a run or of an adapter",
        )
        .into());
    }
    if let Some(base) = args.base.as_ref().filter(|_| model.is_dir()) {
        let why = "is for adapters; this run has made a whole package";
        return Err(Error::new(Code::Checkpoint, base.display().to_string(), why).into());
    }
    let manifest = if model.is_dir() {
        let mut base = pollster::block_on(Base::package(Source::Folder(model)))?;
        base.manifest.name = name;
        let manifest = base.manifest.clone();
        base.write(&args.out, args.force, manifest, Some(dtype), |_| Ok(None))?
    } else {
        let own = args.run.join(ADAPTER_FOLDER);
        let folder = if own.is_dir() { own } else { args.run.clone() };
        if !folder.join(DESCRIPTION_FILE).is_file() {
            let why = "has neither a model nor an adapter in it; a run has one when it has ended";
            return Err(not_a_run(&args.run, why).into());
        }
        let adapter = Adapter::read(&folder)?;
        let mut base = match &args.base {
            Some(path) => pollster::block_on(Base::package(Source::Folder(path.clone())))?,
            None => of_run(&args.run, &folder)?,
        };
        base.manifest.name = name;
        adapter.merge(base, &args.out, args.force, dtype)?
    };
    if args.run.join(RECIPE_FILE).is_file() {
        let notes = args
            .notes
            .map(|path| std::fs::read_to_string(&path).map_err(|e| Error::io(&path, e)));
        let text = card(
            &manifest,
            &args.run,
            notes.transpose()?.as_deref(),
            &args.evaluation,
        )?;
        write_whole(&args.out.join(CARD_FILE), text.as_bytes())?;
    }
    let total: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    console.line(&format!(
        "{}: {}, {}",
        output::shown(&args.out.display().to_string()),
        output::shown(&manifest.name),
        output::bytes(total)
    ))?;
    Ok(Outcome::Complete)
}

fn not_a_run(path: &Path, why: &str) -> Error {
    Error::new(Code::Checkpoint, path.display().to_string(), why)
}

/// The model that a run started from, by the recipe in its folder.
fn of_run(run: &Path, adapter: &Path) -> agff::Result<Base> {
    let parent = adapter.parent().map(PathBuf::from).unwrap_or_default();
    let found = [run.to_owned(), parent]
        .into_iter()
        .map(|folder| folder.join(RECIPE_FILE))
        .find(|path| path.is_file());
    let Some(path) = found else {
        return Err(Error::new(
            Code::Checkpoint,
            adapter.display().to_string(),
            "does not say where its model is; name it with --base",
        ));
    };
    let recipe = Recipe::read(&path, &[])?;
    match &recipe.start {
        recipe::Start::Package(folder) => {
            pollster::block_on(Base::package(Source::Folder(folder.clone())))
        }
        recipe::Start::Random(_) => setup::base(&recipe),
    }
}
