//! The recipe: everything that a training run does, as a TOML file.
//!
//! [`Recipe::EXAMPLE`] has every key with its meaning, and is where to begin. Keys that are not
//! known are refused, with the nearest known one; so are numbers that cannot be meant, with the line
//! they are on. What a key leaves unsaid is given by the `Default` of its section.

mod data;
mod document;
mod method;
mod run;
mod start;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use data::{Augmentation, DataSource, Images, Rows, Scenes};
pub use method::{
    Captions, FusionKind, FusionSettings, Hardness, LinearName, Lora, Loss, Matryoshka, Train,
};
pub use run::{
    BatchSettings, Cache, Checkpoints, Evaluation, Length, Log, Multipliers, Muon, Optimiser,
    Schedule,
};
pub use start::{GlobalView, RandomStart, Start, Views};

use agff::{Code, Error, Result};
use document::Document;

/// A training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The run's folder: checkpoints, metrics, caches. Made if it is not there.
    pub out: PathBuf,
    /// The name of the package that is trained. Default: that of the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The seed of everything that is drawn by chance. Default 0.
    #[serde(default)]
    pub seed: u64,
    /// What is trained. Default `all`.
    #[serde(default)]
    pub train: Train,
    /// Where the weights come from.
    pub start: Start,
    /// The views of the trained model; the start's own if this is absent.
    #[serde(default)]
    pub views: Option<Views>,
    /// The adapters, where `train` is `lora`.
    #[serde(default)]
    pub lora: Lora,
    /// Where rows come from.
    pub data: Vec<DataSource>,
    /// How large pictures are read, and how they are kept.
    #[serde(default)]
    pub images: Images,
    /// How pictures are varied.
    #[serde(default)]
    pub augmentation: Augmentation,
    /// What a step takes.
    #[serde(default)]
    pub batch: BatchSettings,
    /// What is minimised.
    #[serde(default)]
    pub loss: Loss,
    /// Whether pictures also learn to say what they show.
    #[serde(default)]
    pub captions: Captions,
    /// How similarities of views are fused.
    #[serde(default)]
    pub fusion: FusionSettings,
    /// How weights move, and for how long.
    pub optimiser: Optimiser,
    /// When the state is saved.
    #[serde(default)]
    pub checkpoint: Checkpoints,
    /// When numbers are written down.
    #[serde(default)]
    pub log: Log,
    /// What is evaluated during the training.
    #[serde(default)]
    pub eval: Evaluation,
}

/// A value that cannot be meant: its key, as `batch.rows` or `data[0].weight`, and what is wrong.
#[derive(Debug)]
struct Fault {
    key: String,
    why: String,
}

/// What a check finds.
type Check = Result<(), Fault>;

fn fault(key: impl Into<String>, why: impl Into<String>) -> Check {
    Err(Fault {
        key: key.into(),
        why: why.into(),
    })
}

/// Holds a number between two others, both allowed.
fn within<T: PartialOrd + std::fmt::Display>(key: &str, value: T, least: T, most: T) -> Check {
    // Not a number is within nothing.
    if value >= least && value <= most {
        return Ok(());
    }
    fault(
        key,
        format!("is {value}; it must be between {least} and {most}"),
    )
}

/// Holds a number above zero.
fn above_zero(key: &str, value: f64) -> Check {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    fault(key, format!("is {value}; it must be a number above 0"))
}

/// Holds a range: two numbers in order, between two others.
fn range(key: &str, [low, high]: [f64; 2], least: f64, most: f64) -> Check {
    if low >= least && low <= high && high <= most {
        return Ok(());
    }
    fault(
        key,
        format!("is [{low}, {high}]; it must be two numbers in order, between {least} and {most}"),
    )
}

impl Recipe {
    /// A recipe that has every key, with its meaning, its unit and its default.
    ///
    /// ```
    /// use agff_train::recipe::Recipe;
    /// let folder = std::path::Path::new("recipes");
    /// let recipe = Recipe::parse(Recipe::EXAMPLE, "example.toml", folder, &[])?;
    /// assert_eq!(recipe.out, folder.join("../runs/example"));
    /// # Ok::<(), agff::Error>(())
    /// ```
    pub const EXAMPLE: &str = include_str!("recipe/example.toml");

    /// Reads the recipe at `path` and sets `overrides` in it.
    ///
    /// An override is `key.path=value`, such as `batch.rows=64`, `data[0].weight=2` or
    /// `loss.hardness=e1`. The value is TOML; a word may go without quotes. It counts as if it
    /// stood in the file: its key must be known, and paths are relative to the file.
    ///
    /// # Errors
    /// [`Code::Io`] if the file cannot be read. [`Code::Recipe`] naming file, line and column, or
    /// the override, for what is no TOML, a key that is not known (with the nearest that is), a
    /// value of another type, and numbers that cannot be meant.
    pub fn read(path: &Path, overrides: &[String]) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        // Whole paths: the run keeps the recipe in another folder, and goes on from anywhere.
        let whole = std::path::absolute(path).map_err(|e| Error::io(path, e))?;
        let folder = whole.parent().unwrap_or(Path::new(""));
        Self::parse(&text, &path.display().to_string(), folder, overrides)
    }

    /// The same for a recipe's text. `name` is for messages; relative paths are relative to
    /// `folder`.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`Code::Io`] is for other files that the recipe names.
    pub fn parse(text: &str, name: &str, folder: &Path, overrides: &[String]) -> Result<Self> {
        let mut document = Document::parse(text, name)?;
        for text in overrides {
            document.set(text)?;
        }
        document.include(start::CONFIG_KEY, folder)?;
        let mut recipe: Self = document.deserialize()?;
        start::known_config_keys(&document)
            .and_then(|()| recipe.check())
            .map_err(|fault| document.error(&fault.key, &fault.why))?;
        recipe.resolve(folder);
        Ok(recipe)
    }

    /// The recipe as TOML, with every default and override written out: what a run keeps as a
    /// record of itself.
    ///
    /// # Errors
    /// [`Code::Internal`] if it cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string_pretty(self).map_err(|e| {
            Error::new(Code::Internal, "recipe", "cannot be written as TOML").with_source(e)
        })
    }

    /// Every value by its key, as `batch.rows` or `data[0].weight`, both as a recipe would have them.
    ///
    /// # Errors
    /// As [`to_toml`](Self::to_toml).
    pub fn settings(&self) -> Result<BTreeMap<String, String>> {
        fn add(at: String, value: &toml::Value, settings: &mut BTreeMap<String, String>) {
            match value {
                toml::Value::Table(table) => {
                    for (key, value) in table {
                        let dot = if at.is_empty() { "" } else { "." };
                        add(format!("{at}{dot}{key}"), value, settings);
                    }
                }
                toml::Value::Array(values) if values.iter().any(toml::Value::is_table) => {
                    for (i, value) in values.iter().enumerate() {
                        add(format!("{at}[{i}]"), value, settings);
                    }
                }
                value => drop(settings.insert(at, value.to_string())),
            }
        }
        let value = toml::Value::try_from(self).map_err(|e| {
            Error::new(Code::Internal, "recipe", "cannot be written as TOML").with_source(e)
        })?;
        let mut settings = BTreeMap::new();
        add(String::new(), &value, &mut settings);
        Ok(settings)
    }

    /// Everything that the types alone do not say.
    fn check(&self) -> Check {
        if self.out.as_os_str().is_empty() {
            return fault("out", "is empty; name the folder for the run");
        }
        if self
            .name
            .as_ref()
            .is_some_and(|name| name.trim().is_empty())
        {
            return fault("name", "is empty; leave it out to keep the start's");
        }
        // The views before the manifest that a random start makes of them.
        if let Some(views) = &self.views {
            views.check()?;
        }
        self.start.check(self.views.as_ref())?;
        self.lora.check()?;
        data::check(&self.data)?;
        self.images.check()?;
        self.augmentation.check()?;
        self.batch.check()?;
        self.loss.check(self.train)?;
        self.captions.check(self.train)?;
        self.fusion.check()?;
        self.optimiser.check(self.train)?;
        self.checkpoint.check()?;
        self.log.check()?;
        self.eval.check()
    }

    /// Makes relative paths relative to the recipe's folder.
    fn resolve(&mut self, folder: &Path) {
        let join = |path: &mut PathBuf| *path = folder.join(&*path);
        join(&mut self.out);
        match &mut self.start {
            Start::Package(package) => join(package),
            Start::Random(random) => join(&mut random.tokenizer),
        }
        for source in &mut self.data {
            if let Rows::File(file) = &mut source.rows {
                join(file);
            }
        }
        self.eval.files.iter_mut().for_each(join);
    }
}

#[cfg(test)]
mod tests;
