//! `agff convert`: a package from a Hugging Face checkpoint.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use agff::Result;
use agff::package::Manifest;
use agff::package::convert::{ConvertOptions, ConvertProgress, convert};
use agff::package::writer::check_target;
use agff::tensors::Dtype;

use crate::hub::{self, HubArgs};
use crate::inputs;
use crate::output::{self, Console, Unit};
use crate::{Done, Outcome};

const LONG: &str = "\
Make a package from a Hugging Face checkpoint

It is a folder, or the name or URL of a repository, which is fetched first. The folder has
config.json, tokenizer.json, preprocessor_config.json and model.safetensors (or its shards
with their index). Weights may be f32, f16 or bf16.
Without --views the package reproduces the checkpoint's own embedding. The package
appears when it is whole; nothing is left of one that fails.";

const EXAMPLES: &str = "\
Examples:
  agff convert Qwen3-VL-Embedding-2B --out qwen3-vl-q8 --dtype q8
  agff convert siglip2-base-patch16-224 --out siglip2 --dtype q8 --regions 3
  agff convert clip-vit-base-patch32 --out my-clip --adapter my-lora
  agff convert checkpoint --out package --dtype q4 --views views.json --force";

/// Make a package from a Hugging Face checkpoint
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Folder of the checkpoint, or its name or URL at a model hub
    #[arg(value_name = "CHECKPOINT")]
    checkpoint: PathBuf,
    /// Folder to make
    #[arg(long, short, value_name = "PKG")]
    out: PathBuf,
    /// How the weights of linear layers are stored
    #[arg(long, value_enum, default_value_t = Stored::F16)]
    dtype: Stored,
    /// Views, fusion and prompts (see docs/format.md)
    #[arg(long, value_name = "FILE")]
    views: Option<PathBuf>,
    /// Add a grid of N × N parts of the photo as fine views, for models of two towers
    #[arg(long, value_name = "N", conflicts_with = "views", value_parser = clap::value_parser!(u8).range(2..=15))]
    regions: Option<u8>,
    /// Adapter of PEFT (LoRA) to fold in: its folder, or its name or URL at a model hub
    #[arg(long, value_name = "ADAPTER")]
    adapter: Option<PathBuf>,
    /// Name of the package [default: that of the checkpoint's folder]
    #[arg(long, value_name = "STR")]
    name: Option<OsString>,
    /// Licence of the weights [default: what the checkpoint's README.md says]
    #[arg(long, value_name = "SPDX")]
    licence: Option<OsString>,
    /// Where the weights come from, in a sentence
    #[arg(long, value_name = "STR")]
    provenance: Option<OsString>,
    /// Enlarge smaller images to about N pixels [default: what the model's makers use]
    #[arg(long, value_name = "N")]
    min_pixels: Option<u64>,
    /// Reduce larger images to about N pixels [default: what the model's makers use]
    #[arg(long, value_name = "N")]
    max_pixels: Option<u64>,
    /// Mark the weights as never trained: whatever shows a ranking will say so
    #[arg(long)]
    untrained: bool,
    /// Replace a package that is there already
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    hub: HubArgs,
}

/// `--dtype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Stored {
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
    check_target(&args.out, args.force)?;
    let text = |option: &str, value: &Option<OsString>| {
        value
            .as_deref()
            .map(|value| inputs::text(option, value))
            .transpose()
    };
    let mut options = ConvertOptions {
        dtype: args.dtype.into(),
        views: args.views,
        regions: args.regions.map(usize::from),
        name: text("--name", &args.name)?,
        licence: text("--licence", &args.licence)?,
        provenance: text("--provenance", &args.provenance)?,
        trained: !args.untrained,
        min_pixels: args.min_pixels,
        max_pixels: args.max_pixels,
        force: args.force,
        ..ConvertOptions::default()
    };
    if let Some(adapter) = &args.adapter {
        let (folder, name) = args
            .hub
            .adapter(adapter, console)
            .map_err(hub::no_folder_either)?;
        (options.adapter, options.adapter_name) = (Some(folder), Some(name));
    }
    let mut folder = args.checkpoint.clone();
    if let Some(named) = hub::named(&args.checkpoint) {
        let address = args.hub.address(named)?;
        options
            .name
            .get_or_insert_with(|| address.name().to_owned());
        let fetched = args
            .hub
            .fetch(&address, &options, console)
            .map_err(hub::no_folder_either)?;
        options.checkpoint = Some(hub::called(&address, &fetched));
        folder = fetched.folder;
    }
    let manifest = converted(&folder, &args.out, &options, console)?;
    let total: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    console.line(&format!(
        "{}: {}, {} in {} files; licence: {}",
        output::shown(&args.out.display().to_string()),
        output::shown(&manifest.name),
        output::bytes(total),
        manifest.files.len() + 1,
        output::shown(&manifest.licence),
    ))?;
    Ok(Outcome::Complete)
}

/// Converts, and says how far that is.
///
/// # Errors
/// As [`convert`].
pub fn converted(
    checkpoint: &Path,
    out: &Path,
    options: &ConvertOptions,
    console: &Console,
) -> Result<Manifest> {
    let mut begun = false;
    let mut progress = |at: ConvertProgress<'_>| {
        if !begun {
            console.begin("Converting", at.total, Unit::Weights);
            begun = true;
        }
        console.progress(at.done, at.tensor);
    };
    let converted = convert(checkpoint, out, options, &mut progress);
    console.end();
    converted
}
