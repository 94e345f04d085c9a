//! `agff index`: a persistent index of photos, in a folder.
//!
//! [`add`] brings photos in, [`search`] finds them, [`words`] are taught by some, [`exchange`] writes and reads files
//! of vectors, and [`library`] tells what is there, removes, and finds near-duplicates.

mod add;
mod exchange;
mod library;
mod search;
mod words;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use agff::index::store::{Origin, Store};
use agff::package::manifest::MANIFEST_FILE;
use agff::package::{Manifest, Package};
use agff::{Code, Error, Result};
use clap::Subcommand;
use pollster::block_on;

use crate::Done;
use crate::model::{self, ModelArgs};
use crate::output::Console;
use crate::{models, nano};

const LONG: &str = "\
A persistent index of your photos, to search by text or photo

`add` embeds the photos of folders, once for each content: a photo that is moved or copied is
known again, one that has changed is embedded anew, and one that is gone goes. It can be
interrupted and repeated at any time; what is stored is not embedded again.

The index is a folder: --index, or $AGFF_INDEX, or `agff/index` in your data folder. It
remembers its model, and refuses vectors of another one.";

const EXAMPLES: &str = "\
Examples:
  agff index add ~/Pictures
  agff index search \"sunset over the sea\" -n 10
  agff index search beach.jpg --minus \"people\"
  agff index teach Jackson dog1.jpg dog2.jpg dog3.jpg
  agff index duplicates --threshold 0.97
  agff index export -o photos.parquet";

/// A persistent index of your photos, to search by text or photo
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Add(add::Args),
    Search(search::Args),
    Teach(words::TeachArgs),
    Words(words::WordsArgs),
    Forget(words::ForgetArgs),
    Duplicates(library::DuplicatesArgs),
    Stats(library::StatsArgs),
    Remove(library::RemoveArgs),
    Export(exchange::ExportArgs),
    Import(exchange::ImportArgs),
}

impl Args {
    /// Whether errors are JSON as well.
    pub fn json(&self) -> bool {
        match &self.what {
            What::Add(args) => args.at.json,
            What::Search(args) => args.at.json,
            What::Teach(args) => args.at.json,
            What::Words(args) => args.at.json,
            What::Forget(args) => args.at.json,
            What::Duplicates(args) => args.at.json,
            What::Stats(args) => args.at.json,
            What::Remove(args) => args.at.json,
            What::Export(args) => args.at.json,
            What::Import(args) => args.at.json,
        }
    }
}

pub fn run(args: Args, console: &Console) -> Done {
    match args.what {
        What::Add(args) => add::run(args, console),
        What::Search(args) => search::run(args, console),
        What::Teach(args) => words::teach(args, console),
        What::Words(args) => words::words(args, console),
        What::Forget(args) => words::forget(args, console),
        What::Duplicates(args) => library::duplicates(args, console),
        What::Stats(args) => library::stats(args, console),
        What::Remove(args) => library::remove(args, console),
        What::Export(args) => exchange::export(args, console),
        What::Import(args) => exchange::import(args, console),
    }
}

/// Which index, and how to answer.
#[derive(clap::Args)]
pub struct At {
    /// Folder of the index [default: $AGFF_INDEX, or agff/index in your data folder]
    #[arg(long, value_name = "DIR")]
    index: Option<PathBuf>,
    /// Print JSON, one object per line
    #[arg(long)]
    json: bool,
}

impl At {
    /// The index's folder.
    fn folder(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.index {
            return Ok(folder.clone());
        }
        let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(folder) = of("AGFF_INDEX") {
            return Ok(folder.into());
        }
        let data = if cfg!(windows) {
            of("LOCALAPPDATA").map(PathBuf::from)
        } else if cfg!(target_os = "macos") {
            of("HOME").map(|home| Path::new(&home).join("Library/Application Support"))
        } else {
            let own = of("XDG_DATA_HOME").map(PathBuf::from);
            own.filter(|path| path.is_absolute())
                .or_else(|| of("HOME").map(|home| Path::new(&home).join(".local/share")))
        };
        data.map(|data| data.join("agff").join("index"))
            .ok_or_else(|| {
                let message = "there is no home folder to keep an index in; name one";
                Error::new(Code::Input, "--index", message)
            })
    }

    fn open(&self, console: &Console) -> Result<Store> {
        let store = Store::open(&self.folder()?)?;
        tell_damage(&store, console);
        Ok(store)
    }

    fn open_to_write(&self, console: &Console) -> Result<Store> {
        let store = Store::open_to_write(&self.folder()?)?;
        tell_damage(&store, console);
        Ok(store)
    }
}

/// Says what could not be read; the photos in it are embedded again when they are added.
fn tell_damage(store: &Store, console: &Console) {
    let damage = store.damage();
    if damage.gaps > 0 {
        console.note(&format!(
            "the index is damaged in {} places, and the records there are lost; `agff index add` with \
             the same folders brings them back",
            damage.gaps
        ));
    }
    if damage.torn_bytes > 0 {
        console.note(
            "the index ends in the middle of a record, as after a crash; that record is left out",
        );
    }
    if let Some(damage) = store.words_damage() {
        console.note(&format!(
            "the words that were taught cannot be used: {damage}"
        ));
    }
}

/// The manifest of the package that the arguments name.
fn manifest(package: Option<&Path>) -> Result<Manifest> {
    let package = block_on(Package::open(model::source(package)?))?;
    Ok(package.manifest().clone())
}

/// The arguments with what they do not say as it is in the index, if there is one.
fn remembered(args: &ModelArgs, folder: &Path) -> Result<ModelArgs> {
    let mut args = args.clone();
    let Some(origin) = Origin::stored(folder)? else {
        return Ok(args);
    };
    args.max_pixels = args.max_pixels.or(Some(origin.max_pixels));
    args.dim = args.dim.or(Some(origin.dimensions));
    if args.model.is_none() {
        args.model = Some(package_of(&origin));
    }
    if args.prompt.is_none() && args.instruction.is_none() {
        args.instruction = origin.instruction.map(OsString::from);
    }
    Ok(args)
}

/// The package that an index was made with. Earlier versions named it only if it was not the built-in one. The model
/// of photos is taken from where it is now, if it is not there any more.
fn package_of(origin: &Origin) -> PathBuf {
    let package = PathBuf::from(origin.package.as_deref().unwrap_or(nano::NAME));
    let photo = Path::new(agff_photo::NAME);
    match package.ends_with(photo) && !package.join(MANIFEST_FILE).exists() {
        true => photo.to_owned(),
        false => package,
    }
}

/// How vectors are made that the arguments ask for.
fn origin(args: &ModelArgs, console: &Console) -> Result<Origin> {
    let manifest = manifest(args.model.as_deref())?;
    let mut origin = Origin::of(&manifest)?;
    if let Some(dimensions) = args.dim {
        model::check_dimensions(&manifest, dimensions, console)?;
        origin.dimensions = dimensions;
    }
    if let Some(most) = args.max_pixels {
        origin.max_pixels = origin.max_pixels.min(most);
    }
    let named = args.model.clone().unwrap_or_else(models::default_model);
    origin.package = Some(match nano::is_meant(&named) {
        true => nano::NAME.into(),
        false => text_of(models::pulled(&named)?.as_deref().unwrap_or(&named))?,
    });
    origin.instruction = model::instruction(args, &manifest)?;
    Ok(origin)
}

/// A path as an index keeps it: absolute, as text.
///
/// # Errors
/// [`Code::Input`] if it is not UTF-8.
fn text_of(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).map_err(|e| Error::io(path, e))?;
    absolute.into_os_string().into_string().map_err(|path| {
        let message = "its name is not valid UTF-8, and an index keeps names as text; rename it";
        Error::new(Code::Input, path.to_string_lossy(), message)
    })
}

/// Where a record's content is, to show: its first file, or the text.
fn name_of<'a>(store: &'a Store, id: &'a str) -> &'a str {
    let text = || store.record(id).and_then(|record| record.text.as_deref());
    store.paths_of(id).next().or_else(text).unwrap_or(id)
}
