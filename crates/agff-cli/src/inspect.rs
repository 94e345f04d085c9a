//! `agff inspect`: what a package says of itself, and whether its files are what it says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use agff::package::manifest::{FileEntry, Fusion, Manifest, Probability, Reduction, View};
use agff::package::{Package, Source};
use agff::tensors::shard::{self, Entry};
use agff::tensors::{Suffix, TOKEN_TABLE};
use agff::{Code, Error, Result};
use pollster::block_on;
use serde_json::{Value, json};

use crate::output::{self, Align, Console, Style, fields, shortened, table};
use crate::verify::verify;
use crate::{Done, Failure, Outcome};
use crate::{model, models};

const LONG: &str = "\
Show a package: its model, views, sizes, types, licence and hashes

Without --verify only the manifest and the headers of the weights are read. With it every
byte is: lengths and hashes, every tensor's shape, and that all weights are finite.
Without a package, the one that is built in is shown.";

const EXAMPLES: &str = "\
Examples:
  agff inspect models/agff-nano
  agff inspect package --verify && echo fine";

/// Show a package: its model, views, sizes, types, licence and hashes
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// photo, agff-nano, or the folder of a package [default: photo]
    #[arg(value_name = "PKG")]
    package: Option<PathBuf>,
    /// Read and check every byte
    #[arg(long)]
    verify: bool,
    /// Print JSON, one object
    #[arg(long)]
    pub json: bool,
}

/// Tensors of one type.
#[derive(Debug, Default, Clone, Copy)]
struct Stored {
    tensors: u64,
    bytes: u64,
}

pub fn run(args: Args, console: &Console) -> Done {
    let source = model::source(args.package.as_deref())?;
    let package = block_on(Package::open(source.clone()))?;
    let manifest = package.manifest();
    let mut problems = Vec::new();
    let stored = stored(&source, manifest, &mut problems);
    if args.verify && problems.is_empty() {
        problems = verify(&package, console);
    }
    let name = match &args.package {
        Some(path) => path.display().to_string(),
        None => models::default_model().display().to_string(),
    };
    if args.json {
        console.json_line(&object(&name, manifest, &stored, &problems, args.verify))?;
    } else {
        print(&name, manifest, &stored, console)?;
        if args.verify && problems.is_empty() {
            let good = console.style(Style::Green, "verified");
            console.line(&format!(
                "\n{good}: every byte is as the manifest states, every weight finite"
            ))?;
        }
    }
    if problems.is_empty() {
        return Ok(Outcome::Complete);
    }
    problems.iter().for_each(|problem| console.error(problem));
    Err(Failure::Reported)
}

/// Tensors by their type, from the shards' headers.
fn stored(
    source: &Source,
    manifest: &Manifest,
    problems: &mut Vec<Error>,
) -> BTreeMap<&'static str, Stored> {
    let mut types: BTreeMap<&'static str, Stored> = BTreeMap::new();
    for file in manifest.files.iter().filter(|file| file.is_shard()) {
        match block_on(header(source, file)) {
            Err(error) => problems.push(error),
            Ok(entries) => {
                for entry in entries {
                    let (name, suffix) = Suffix::split(whole_name(&entry.name));
                    // Scales are counted with the values that they belong to.
                    let kind = match suffix {
                        Suffix::F32 => "f32",
                        Suffix::F16 => "f16",
                        Suffix::Q8 => "q8",
                        Suffix::Q4 => "q4",
                        // The token embeddings of a q4 package are q8.
                        Suffix::Scales if name == TOKEN_TABLE => "q8",
                        Suffix::Scales => manifest.dtype.as_str(),
                    };
                    let of_kind = types.entry(kind).or_default();
                    of_kind.bytes += entry.len();
                    // A tensor that was split over shards counts once.
                    let first = entry.name.ends_with("#0") || !entry.name.contains('#');
                    of_kind.tensors += u64::from(suffix != Suffix::Scales && first);
                }
            }
        }
    }
    types
}

async fn header(source: &Source, file: &FileEntry) -> Result<Vec<Entry>> {
    let name = source.describe(&file.path);
    let prefix = source
        .read_range(&file.path, 0..shard::PREFIX.min(file.bytes))
        .await?;
    let prefix: [u8; shard::PREFIX as usize] = prefix.try_into().map_err(|_| {
        Error::new(
            Code::PackageTruncated,
            name.as_str(),
            "is too short for a shard",
        )
    })?;
    let length = shard::header_len(prefix, &name, file.bytes)?;
    let json = source
        .read_range(&file.path, shard::PREFIX..shard::PREFIX + length)
        .await?;
    shard::parse_header(&json, &name, file.bytes)
}

/// A stored tensor's name without the number of its part.
fn whole_name(name: &str) -> &str {
    name.rsplit_once('#').map_or(name, |(name, _)| name)
}

fn total_bytes(manifest: &Manifest) -> u64 {
    manifest.files.iter().map(|file| file.bytes).sum()
}

/// The object of `--json`.
fn object(
    name: &str,
    manifest: &Manifest,
    stored: &BTreeMap<&'static str, Stored>,
    problems: &[Error],
    verified: bool,
) -> Value {
    let types: BTreeMap<_, _> = stored
        .iter()
        .map(|(kind, of_kind)| {
            (
                kind,
                json!({ "tensors": of_kind.tensors, "bytes": of_kind.bytes }),
            )
        })
        .collect();
    let files: Vec<Value> = manifest
        .files
        .iter()
        .map(|f| json!({ "path": f.path, "bytes": f.bytes, "sha256": f.sha256 }))
        .collect();
    json!({
        "package": name,
        "name": manifest.name,
        "family": manifest.family,
        "version": manifest.version,
        "dtype": manifest.dtype,
        "trained": manifest.trained,
        "licence": manifest.licence,
        "provenance": manifest.provenance,
        "languages": manifest.languages,
        "parameters": manifest.parameters(),
        "bytes": total_bytes(manifest),
        "stored": types,
        "config": manifest.config,
        "image": manifest.image,
        "prompt": manifest.prompt,
        "views": manifest.views,
        "fusion": manifest.fusion,
        "probability": manifest.probability,
        "dimensions": manifest.dimensions,
        "files": files,
        "verified": output::or_null(verified.then_some(problems.is_empty())),
        "problems": problems
            .iter()
            .map(|e| json!({ "code": e.code().as_str(), "subject": e.subject(), "message": e.message() }))
            .collect::<Vec<_>>(),
    })
}

fn print(
    name: &str,
    manifest: &Manifest,
    stored: &BTreeMap<&'static str, Stored>,
    console: &Console,
) -> Result<(), Failure> {
    let title = format!(
        "{}  ({})",
        output::shown(&manifest.name),
        output::shown(name)
    );
    console.line(&console.style(Style::Bold, &title))?;
    let types: Vec<String> = stored
        .iter()
        .map(|(kind, of)| {
            format!(
                "{} in {} {kind} tensors",
                output::bytes(of.bytes),
                of.tensors
            )
        })
        .collect();
    let list = |numbers: &[usize]| {
        numbers
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let named: Vec<&str> = manifest.prompt.named.keys().map(String::as_str).collect();
    let mut lines = vec![
        (
            "family",
            format!("{}, format version {}", manifest.family, manifest.version),
        ),
        (
            "trained",
            match manifest.trained {
                true => "yes".into(),
                false => "no: its ranking means nothing yet".into(),
            },
        ),
        ("licence", manifest.licence.clone()),
        ("provenance", shortened(&manifest.provenance, 300)),
        (
            "weights",
            format!(
                "{:.1} million, linear layers as {}; {}",
                manifest.parameters() as f64 / 1e6,
                manifest.dtype.as_str(),
                types.join(", ")
            ),
        ),
    ];
    if !manifest.languages.is_empty() {
        lines.push(("languages", manifest.languages.join(", ")));
    }
    lines.extend(manifest.config.summary());
    lines.extend([
        (
            "images",
            format!(
                "{} to {} pixels",
                manifest.image.min_pixels, manifest.image.max_pixels
            ),
        ),
        (
            "texts",
            format!("up to {} tokens", manifest.prompt.max_tokens),
        ),
        ("dimensions", list(&manifest.dimensions)),
        ("fusion", fusion(&manifest.fusion)),
        ("probability", probability(manifest.probability)),
        ("instruction", manifest.prompt.instruction.clone()),
    ]);
    if !named.is_empty() {
        lines.push(("prompts", named.join(", ")));
    }
    fields(console, &lines)?;

    console.line("")?;
    let views: Vec<Vec<String>> = manifest.views.iter().map(view).collect();
    let heads = [
        ("view", Align::Left),
        ("learned", Align::Right),
        ("prompt", Align::Left),
    ];
    for line in table(console, &heads, &views) {
        console.line(&line)?;
    }

    console.line("")?;
    let files: Vec<Vec<String>> = manifest
        .files
        .iter()
        .map(|file| {
            vec![
                file.path.clone(),
                output::bytes(file.bytes),
                file.sha256.clone(),
            ]
        })
        .collect();
    let heads = [
        ("file", Align::Left),
        ("size", Align::Right),
        ("sha256", Align::Left),
    ];
    for line in table(console, &heads, &files) {
        console.line(&line)?;
    }
    console.line(&format!("{} in all", output::bytes(total_bytes(manifest))))
}

fn view(view: &View) -> Vec<String> {
    let prompt = match view.prompt.as_str() {
        "" => String::new(),
        prompt => format!("{prompt:?}"),
    };
    vec![
        view.name.clone(),
        view.learned.to_string(),
        shortened(&prompt, 60),
    ]
}

fn probability(probability: Option<Probability>) -> String {
    match probability {
        None => "none: a cosine of this model ranks, and is no probability".into(),
        Some(Probability { scale, bias }) => {
            format!("sigmoid of the cosine × {scale:.2} {bias:+.2}")
        }
    }
}

fn fusion(fusion: &Fusion) -> String {
    let reduction = match fusion.reduction {
        Reduction::LogSumExp => "log-sum-exp",
        Reduction::Max => "maximum",
        Reduction::Mean => "mean",
    };
    format!(
        "{reduction} over the views of a pattern, temperature {}",
        fusion.temperature
    )
}
