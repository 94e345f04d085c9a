//! The arguments that choose the model, and loading it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use agff::device::{DeviceChoice, DeviceKind, DeviceOptions};
use agff::ops::Precision;
use agff::package::LoadProgress;
use agff::package::manifest::{MANIFEST_FILE, Manifest};
use agff::{Agff, Code, Embedding, Error, LoadOptions, Result, Source};
use pollster::block_on;

use crate::inputs;
use crate::models;
use crate::nano;
use crate::output::{Console, Unit, shortened};
use crate::pipeline::Job;

/// Packages with fewer bytes than this load too fast for a progress bar.
const WORTH_A_BAR: u64 = 32 << 20;

/// Which model, on what, and what for.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// Model to use: photo, agff-nano, or the folder of a package [default: photo]
    #[arg(long, value_name = "PKG")]
    pub model: Option<PathBuf>,
    /// What runs the model
    #[arg(long, value_enum, default_value_t = Device::Auto)]
    pub device: Device,
    /// How the CPU multiplies with q8 and q4 weights
    #[arg(long, value_enum, default_value_t = PrecisionName::Fast)]
    pub precision: PrecisionName,
    /// Reduce photos to about N pixels at most: faster, less detail
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_pixels: Option<u64>,
    /// Cut vectors to their first N values, and make them unit vectors again
    #[arg(long, value_name = "N")]
    pub dim: Option<usize>,
    /// What the vectors are for, in a sentence; the package has a default
    #[arg(long, value_name = "STR", conflicts_with = "prompt")]
    pub instruction: Option<OsString>,
    /// Instruction that the package has under this name ("query", say; see `agff inspect`)
    #[arg(long, value_name = "NAME")]
    pub prompt: Option<OsString>,
}

/// `--device`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Device {
    /// The GPU, or the CPU if there is no adapter or only a software one
    Auto,
    /// The CPU
    Cpu,
    /// The GPU, even a software one
    Gpu,
}

/// `--precision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PrecisionName {
    /// As whole numbers of twelve bits
    Fast,
    /// As floats
    Exact,
}

impl From<PrecisionName> for Precision {
    fn from(name: PrecisionName) -> Self {
        match name {
            PrecisionName::Fast => Self::Fast,
            PrecisionName::Exact => Self::Exact,
        }
    }
}

impl From<Device> for DeviceChoice {
    fn from(device: Device) -> Self {
        match device {
            Device::Auto => Self::Auto,
            Device::Cpu => Self::Cpu,
            Device::Gpu => Self::Gpu,
        }
    }
}

/// A loaded model and how it is asked.
pub struct Loaded {
    pub agff: Agff,
    pub instruction: Option<String>,
    pub dimensions: Option<usize>,
}

impl Loaded {
    /// Whether the weights were ever trained.
    pub fn trained(&self) -> bool {
        self.agff.manifest().trained
    }
}

/// Loads the model, and says what should be known of it: that it was never trained, and which
/// device `auto` took.
///
/// # Errors
/// Everything that can be wrong with the arguments, the package, or the device.
pub fn load(args: &ModelArgs, console: &Console) -> Result<Loaded> {
    load_from(source(args.model.as_deref())?, args, console)
}

/// The same, of a package that is elsewhere than the arguments say.
///
/// # Errors
/// As [`load`].
pub fn load_from(source: Source, args: &ModelArgs, console: &Console) -> Result<Loaded> {
    // What is no text is told of before anything is loaded.
    for (option, text) in [
        ("--instruction", &args.instruction),
        ("--prompt", &args.prompt),
    ] {
        if let Some(text) = text {
            inputs::text(option, text)?;
        }
    }
    let mut begun = false;
    let mut progress = |at: LoadProgress<'_>| {
        if at.total >= WORTH_A_BAR {
            if !begun {
                console.begin("Loading", at.total, Unit::Bytes);
                begun = true;
            }
            console.progress(at.total_done, at.file);
        }
    };
    let options = LoadOptions {
        device: DeviceOptions {
            choice: args.device.into(),
            ..DeviceOptions::default()
        },
        precision: args.precision.into(),
        max_pixels: args.max_pixels,
        progress: Some(&mut progress),
        ..LoadOptions::default()
    };
    let loaded = block_on(Agff::load(source, options));
    console.end();
    let agff = loaded?;

    let manifest = agff.manifest();
    let instruction = instruction(args, manifest)?;
    if instruction.is_some() && !manifest.prompt.takes_instruction() {
        console.note(&format!(
            "{} takes no instructions: --instruction changes nothing",
            manifest.name
        ));
    }
    if let Some(dimensions) = args.dim {
        check_dimensions(manifest, dimensions, console)?;
    }
    if !manifest.trained {
        console.note(&untrained(&manifest.name));
    }
    let device = agff.device();
    if args.device == Device::Auto && device.kind == DeviceKind::Cpu {
        console.note(&format!("running on the CPU: {}", device.reason));
    }
    Ok(Loaded {
        dimensions: args.dim,
        instruction,
        agff,
    })
}

/// The instruction that the arguments give, in words or by name.
///
/// # Errors
/// [`Code::Input`] if it is not UTF-8, or the package has none of that name.
pub fn instruction(args: &ModelArgs, manifest: &Manifest) -> Result<Option<String>> {
    if let Some(name) = &args.prompt {
        return named(manifest, &inputs::text("--prompt", name)?).map(Some);
    }
    let text = args.instruction.as_deref();
    text.map(|text| inputs::text("--instruction", text))
        .transpose()
}

/// The package at `path` or with this name; without one, that of [`models::default_model`].
///
/// # Errors
/// [`Code::PackageFileMissing`] if there is none, saying what is there instead.
pub fn source(path: Option<&Path>) -> Result<Source> {
    let Some(path) = path else {
        return source(Some(&models::default_model())).map_err(models::of_default);
    };
    if nano::is_meant(path) {
        return Ok(nano::source());
    }
    if let Some(pulled) = models::pulled(path)? {
        return Ok(Source::Folder(pulled));
    }
    let folder = match path.file_name() {
        Some(name) if name == MANIFEST_FILE && path.is_file() => path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new(".")),
        _ => path,
    };
    if folder.join(MANIFEST_FILE).exists() {
        return Ok(Source::Folder(folder.to_owned()));
    }
    let why = if folder.join("config.json").exists() {
        "is a Hugging Face checkpoint, not a package; make one of it with `agff convert`"
    } else if folder.is_dir() {
        "has no agff.json in it: this is not a package"
    } else if folder.exists() {
        "is not a folder; a package is the folder with agff.json in it"
    } else {
        "there is no such folder"
    };
    Err(Error::new(
        Code::PackageFileMissing,
        path.display().to_string(),
        why,
    ))
}

/// Says that a model's ranking means nothing.
pub fn untrained(name: &str) -> String {
    format!("{name} was never trained; its ranking means nothing yet")
}

/// Says what should be known of texts: that one is empty, or not in the language of the model.
pub fn tell_texts(jobs: &[Job], loaded: &Loaded, console: &Console) {
    let manifest = loaded.agff.manifest();
    if jobs.iter().any(Job::is_empty_text) {
        let empty = &manifest.prompt.empty;
        console.note(&format!(
            "a text is empty; {empty:?} is embedded in its place, as the model was made to"
        ));
    }
    let foreign = jobs
        .iter()
        .filter_map(|job| job.text.as_deref())
        .find(|text| not_english(text));
    if let (Some(text), [language]) = (foreign, manifest.languages.as_slice())
        && language == "en"
    {
        console.note(&format!(
            "{} knows English words only; {text:?} may mean little to it",
            manifest.name
        ));
    }
}

/// Says that a text was longer than the model takes, if it was.
pub fn tell_cut(job: &Job, embedding: &Embedding, console: &Console) {
    if embedding.truncated {
        let name = shortened(&job.name(), 40);
        console.note(&format!("{name}: the text was too long and was cut"));
    }
}

/// Whether a text has letters that English does without.
fn not_english(text: &str) -> bool {
    text.chars().any(|c| c.is_alphabetic() && !c.is_ascii())
}

/// The instruction with this name.
fn named(manifest: &Manifest, name: &str) -> Result<String> {
    let prompts = &manifest.prompt.named;
    prompts.get(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = prompts.keys().map(String::as_str).collect();
        let known = match names.as_slice() {
            [] => "has none; say what the vectors are for with --instruction".to_owned(),
            names => format!("has {}", names.join(", ")),
        };
        Error::new(
            Code::Input,
            "--prompt",
            format!("there is no prompt {name:?}; {} {known}", manifest.name),
        )
    })
}

/// Whether embeddings can be cut to so many dimensions, and were meant to.
///
/// # Errors
/// [`Code::Embedding`] if there are not that many.
pub fn check_dimensions(manifest: &Manifest, dimensions: usize, console: &Console) -> Result<()> {
    let full = manifest.config.embedding_dim();
    if dimensions == 0 || dimensions > full {
        let message = format!("{dimensions} asked for; {} has 1 to {full}", manifest.name);
        return Err(Error::new(Code::Embedding, "--dim", message));
    }
    if dimensions != full && !manifest.dimensions.contains(&dimensions) {
        let meant: Vec<String> = manifest.dimensions.iter().map(usize::to_string).collect();
        console.note(&format!(
            "{} is made for {} dimensions; vectors cut to {dimensions} may rank worse than you expect",
            manifest.name,
            meant.join(" or ")
        ));
    }
    Ok(())
}
