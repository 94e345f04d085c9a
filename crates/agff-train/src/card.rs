//! The model card: what a trained package is, where it comes from, and how good it was found to be,
//! written from the run's own files.
//!
//! Everything in it is read: the manifest, the recipes of the run and of the runs that it started from,
//! their records, and what `agff eval --json` printed.

mod measured;

use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::metrics::METRICS_FILE;
use super::recipe::{Recipe, Rows, Start};
use super::trainer::{MODEL_FOLDER, RECIPE_FILE};
use agff::package::manifest::{CARD_FILE, MANIFEST_FILE, Manifest};
use agff::{Code, Error, Result};

/// So many of a run's last records are averaged at most.
const LAST: usize = 50;

/// The card of a package.
///
/// `run` is the folder of the run that made it. `notes` is Markdown by whoever made it: what it is good
/// for and what not. `evaluations` are files with what `agff eval --json` printed.
///
/// # Errors
/// [`Code::Io`] for a file that cannot be read; [`Code::Recipe`], and [`Code::Data`] for an evaluation that is
/// none.
pub fn card(
    manifest: &Manifest,
    run: &Path,
    notes: Option<&str>,
    evaluations: &[PathBuf],
) -> Result<String> {
    let mut text = String::new();
    let out = &mut text;
    let fine = manifest.views.len() - 1;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let dimensions = manifest.config.embedding_dim();
    line(out, format!("# {}", manifest.name));
    line(
        out,
        format!(
            "\nAn embedding model for photos and text, of the family `{}`: {:.1} million weights, stored as {} in {:.1} MB; one \
             global and {fine} fine-grained views of {dimensions} dimensions each; pictures are read at {} to {} pixels. Licence: {}.",
            manifest.family,
            manifest.parameters() as f64 / 1e6,
            manifest.dtype.as_str(),
            bytes as f64 / 1e6,
            manifest.image.min_pixels,
            manifest.image.max_pixels,
            manifest.licence,
        ),
    );
    if let Some(notes) = notes {
        line(out, format!("\n{}", notes.trim()));
    }
    let chain = chain(run)?;
    line(out, "\n## Training".into());
    if let Some(origin) = chain.first().and_then(origin) {
        line(out, format!("\nBefore that: {origin}"));
    }
    for (i, step) in chain.iter().enumerate() {
        describe(out, i + 1, step);
    }
    if !evaluations.is_empty() {
        line(out, "\n## Measured\n\nIntervals are at 95 %.".into());
        for path in evaluations {
            measured::table(out, path)?;
        }
    }
    line(out, "\n## Recipes".into());
    for step in &chain {
        let recipe = without_places(&step.recipe).to_toml()?;
        let name = name(&step.recipe.out);
        line(
            out,
            format!(
                "\n`{name}.toml`, with every default:\n\n```toml\n{}\n```",
                recipe.trim()
            ),
        );
    }
    if let Some(before) = former(&chain, run) {
        line(out, "\n## The model that it began as\n".into());
        for of_card in before.lines() {
            // Its headings are below this one.
            let deeper = if of_card.starts_with('#') { "##" } else { "" };
            line(out, format!("{deeper}{of_card}"));
        }
    }
    Ok(text)
}

/// The card of the package that the first run of a chain started from: there, or in what the last run made.
fn former(chain: &[Step], run: &Path) -> Option<String> {
    let start = match &chain.first()?.recipe.start {
        Start::Package(package) => Some(package.clone()),
        Start::Random(_) => None,
    };
    let folders = start.into_iter().chain([run.join(MODEL_FOLDER)]);
    folders
        .map(|folder| std::fs::read_to_string(folder.join(CARD_FILE)))
        .find_map(Result::ok)
}

/// A run of the chain that led to a model.
struct Step {
    recipe: Recipe,
    records: Records,
}

/// The run in `folder`, after those that it started from.
fn chain(folder: &Path) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut folder = folder.to_owned();
    loop {
        let recipe = Recipe::read(&folder.join(RECIPE_FILE), &[])?;
        let records = Records::read(&folder.join(METRICS_FILE))?;
        let before = match &recipe.start {
            Start::Package(package) if package.ends_with(MODEL_FOLDER) => {
                package.parent().map(Path::to_owned)
            }
            _ => None,
        };
        steps.push(Step { recipe, records });
        match before.filter(|before| before.join(RECIPE_FILE).is_file()) {
            // A run cannot have started from itself, but a file can say so.
            Some(before) if steps.len() < 16 => folder = before,
            _ => break,
        }
    }
    steps.reverse();
    Ok(steps)
}

/// What the package that a run started from says of itself, if it is still there.
fn origin(step: &Step) -> Option<String> {
    let Start::Package(package) = &step.recipe.start else {
        return None;
    };
    let json = std::fs::read(package.join(MANIFEST_FILE)).ok()?;
    let provenance = Manifest::parse(&json).ok()?.provenance;
    (!provenance.is_empty()).then_some(provenance)
}

fn describe(out: &mut String, number: usize, Step { recipe, records }: &Step) {
    let per_step = (recipe.batch.rows * recipe.batch.accumulate) as u64;
    let start = match &recipe.start {
        Start::Random(_) => String::from("from weights by chance"),
        Start::Package(package) => {
            let run = package
                .ends_with(MODEL_FOLDER)
                .then(|| package.parent())
                .flatten();
            format!("from `{}`", name(run.unwrap_or(package)))
        }
    };
    line(
        out,
        format!(
            "\n{number}. `agff train {}.toml`: {start}, {} steps of {per_step} rows ({} rows in all, {}), seed {}.",
            name(&recipe.out),
            records.step,
            count(records.step * per_step),
            duration(records.seconds),
            recipe.seed,
        ),
    );
    let total: f64 = recipe.data.iter().map(|data| data.weight).sum();
    for data in &recipe.data {
        let share = 100.0 * data.weight / total;
        line(
            out,
            format!(
                "   - {} ({share:.0} % of the batches)",
                data.rows.describe()
            ),
        );
    }
    let ends = records
        .last
        .iter()
        .map(|(name, value)| format!("{name} {value:.3}"));
    let ends: Vec<String> = ends.collect();
    if !ends.is_empty() {
        line(out, format!("\n   At the end: {}.", ends.join(", ")));
    }
}

/// A number of rows, rounded where it is large.
fn count(rows: u64) -> String {
    match rows {
        0..1_000_000 => rows.to_string(),
        _ => format!("{:.2} million", rows as f64 / 1e6),
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} seconds"),
        s if s < 7200.0 => format!("{:.0} minutes", s / 60.0),
        s => format!("{:.1} hours", s / 3600.0),
    }
}

/// What the records of a run say.
#[derive(Default)]
struct Records {
    step: u64,
    /// Seconds of its steps, without pauses.
    seconds: f64,
    /// Means of the last records.
    last: Vec<(&'static str, f64)>,
}

impl Records {
    fn read(path: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Line {
            step: u64,
            kind: String,
            loss: Option<f64>,
            accuracy: Option<f64>,
            caption_loss: Option<f64>,
            samples: Option<f64>,
            samples_per_second: Option<f64>,
        }
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let mut lines = Vec::new();
        for text in BufReader::new(file).lines() {
            let text = text.map_err(|e| Error::io(path, e))?;
            // A last line may have been cut short.
            let line = serde_json::from_str::<Line>(&text).ok();
            lines.extend(line.filter(|line| line.kind == "train"));
        }
        let mut records = Self::default();
        for line in &lines {
            let since = line.step.saturating_sub(records.step) as f64;
            if let (Some(samples), Some(speed)) = (line.samples, line.samples_per_second) {
                records.seconds += since * samples / speed;
            }
            records.step = line.step;
        }
        // The last tenth: a short run has not many.
        let last = LAST.min(lines.len().div_ceil(10));
        let end = &lines[lines.len() - last..];
        for (name, value) in [
            ("loss", (|line| line.loss) as fn(&Line) -> Option<f64>),
            ("accuracy in the batch", |line| line.accuracy),
            ("loss of a caption's token", |line| line.caption_loss),
        ] {
            let values: Vec<f64> = end.iter().filter_map(value).collect();
            if !values.is_empty() {
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                records.last.push((name, mean));
            }
        }
        Ok(records)
    }
}

/// The recipe with files named by themselves and their folders, wherever they lay.
fn without_places(recipe: &Recipe) -> Recipe {
    let short = |path: &mut PathBuf| {
        let parts: Vec<_> = path.iter().rev().take(2).collect();
        *path = parts.into_iter().rev().collect();
    };
    let mut recipe = recipe.clone();
    short(&mut recipe.out);
    match &mut recipe.start {
        Start::Package(package) => short(package),
        Start::Random(random) => short(&mut random.tokenizer),
    }
    for data in &mut recipe.data {
        if let Rows::File(file) = &mut data.rows {
            short(file);
        }
    }
    recipe.eval.files.iter_mut().for_each(short);
    recipe
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn line(out: &mut String, text: String) {
    let _ = writeln!(out, "{text}");
}

/// An evaluation that cannot be understood.
fn not_understood(path: &Path, error: serde_json::Error) -> Error {
    let message = format!("is not what `agff eval --json` prints: {error}");
    Error::new(Code::Data, path.display().to_string(), message).with_source(error)
}
