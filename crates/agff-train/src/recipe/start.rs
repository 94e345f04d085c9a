//! Where a run begins: a package, or weights by chance; and which views it trains.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::document::{Document, unknown_key};
use super::{Check, Fault, above_zero, fault, within};
use agff::Error;
use agff::families::qwen3_vl::Config;
use agff::families::{Architecture, ModelConfig};
use agff::package::manifest::{
    Dtype, FORMAT, FORMAT_VERSION, Fusion, ImageSettings, Manifest, PromptSettings, View,
};

/// The key whose value may be a file.
pub(super) const CONFIG_KEY: &str = "start.random.config";

/// Where the weights come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StartFields", into = "StartFields")]
pub enum Start {
    /// The folder of a package.
    Package(PathBuf),
    /// Weights by chance, drawn from the recipe's seed.
    Random(Box<RandomStart>),
}

/// [`Start`] as it is written: one of two keys.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StartFields {
    #[serde(default)]
    package: Option<PathBuf>,
    #[serde(default)]
    random: Option<Box<RandomStart>>,
}

impl TryFrom<StartFields> for Start {
    type Error = &'static str;

    fn try_from(fields: StartFields) -> Result<Self, Self::Error> {
        match (fields.package, fields.random) {
            (Some(folder), None) => Ok(Self::Package(folder)),
            (None, Some(random)) => Ok(Self::Random(random)),
            (Some(_), Some(_)) => Err("it has both `package` and `random`; leave one out"),
            (None, None) => Err(
                "give `package`, a folder to go on from, or `random`, a model to draw by chance",
            ),
        }
    }
}

impl From<Start> for StartFields {
    fn from(start: Start) -> Self {
        match start {
            Start::Package(folder) => Self {
                package: Some(folder),
                random: None,
            },
            Start::Random(random) => Self {
                package: None,
                random: Some(random),
            },
        }
    }
}

/// A model whose weights are drawn by chance: everything else that its manifest will say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomStart {
    /// The model's name. Default `agff`.
    #[serde(default = "default_name")]
    pub name: String,
    /// The licence of the weights, an SPDX expression. Default `MIT OR Apache-2.0`.
    #[serde(default = "default_licence")]
    pub licence: String,
    /// The tokenizer, a `tokenizer.json`.
    pub tokenizer: PathBuf,
    /// The shape, with the names of a manifest's `config`; in a recipe also the path of a JSON or
    /// TOML file with it.
    pub config: Config,
    /// Dimensions that an embedding may be cut to, the full one first. Default: the full one.
    #[serde(default)]
    pub dimensions: Vec<usize>,
    /// How images are prepared.
    #[serde(default)]
    pub image: RandomImage,
    /// How inputs become tokens.
    #[serde(default)]
    pub prompt: RandomPrompt,
}

/// How the new model prepares images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomImage {
    /// Images with fewer pixels are enlarged to about this many. Default 16 384 (128 × 128).
    pub min_pixels: u64,
    /// Images with more pixels are reduced to about this many. Default 102 400 (320 × 320).
    pub max_pixels: u64,
    /// Mean of red, green and blue, of values in 0..1. Default 0.5 each.
    pub mean: [f32; 3],
    /// Standard deviation of red, green and blue. Default 0.5 each.
    pub std: [f32; 3],
}

impl Default for RandomImage {
    fn default() -> Self {
        Self {
            min_pixels: 128 * 128,
            max_pixels: 320 * 320,
            mean: [0.5; 3],
            std: [0.5; 3],
        }
    }
}

/// The new model's templates; see [`PromptSettings`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomPrompt {
    /// The prefix that all views share, with `{instruction}`, `{image}` and `{text}`.
    pub prefix: String,
    /// What stands for `{image}`; `{pad}` in it is repeated once for each merged patch.
    pub image: String,
    /// The token that marks an image position.
    pub image_token: String,
    /// What stands for `{text}` when there is neither text nor image.
    pub empty: String,
    /// The instruction when none is given.
    pub instruction: String,
    /// Instructions by name.
    pub named: BTreeMap<String, String>,
    /// Most tokens of the prefix and the first view together. Default: the model's positions, 512
    /// at most.
    pub max_tokens: Option<usize>,
}

impl Default for RandomPrompt {
    fn default() -> Self {
        let named = [
            ("document", "Represent the photo."),
            ("query", "Find the photo that shows this."),
        ];
        Self {
            prefix: "<|im_start|>{instruction}\n{image}{text}<|im_end|>".into(),
            image: "<|vision_start|>{pad}<|vision_end|>".into(),
            image_token: "<|image_pad|>".into(),
            empty: "NULL".into(),
            instruction: "Represent the user's input.".into(),
            named: named.map(|(name, text)| (name.into(), text.into())).into(),
            max_tokens: None,
        }
    }
}

fn default_name() -> String {
    "agff".into()
}

fn default_licence() -> String {
    "MIT OR Apache-2.0".into()
}

/// The views of the trained model. What a package already has of them keeps its learned vectors; new fine views begin
/// near the global view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Views {
    /// The number K of fine views, named `fine-1` to `fine-K`. Default 4.
    pub fine: usize,
    /// Tokens of each fine view, as text. Default none.
    pub prompt: String,
    /// Learned vectors of each fine view, after its tokens. Default 2.
    pub learned: usize,
    /// The global view. Default: a package's own; for a random start one learned vector.
    pub global: Option<GlobalView>,
    /// Deviation of the values that new learned vectors begin with where they begin by chance, as a multiple of that of
    /// the token embeddings. Default 1.
    pub scale: f64,
    /// New fine views begin as the global view, with noise of this share of that deviation; 0 lets them begin by chance.
    /// A view that is longer than the global one begins by chance too. Default 0.1.
    // Left out where it is the default, as all keys are that came later: so the recipes of earlier runs stay the same.
    #[serde(skip_serializing_if = "is_default_noise")]
    pub noise: f64,
}

const NOISE: f64 = 0.1;

fn is_default_noise(noise: &f64) -> bool {
    *noise == NOISE
}

impl Default for Views {
    fn default() -> Self {
        Self {
            fine: 4,
            prompt: String::new(),
            learned: 2,
            global: None,
            scale: 1.0,
            noise: NOISE,
        }
    }
}

/// The branch that the global view is read from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GlobalView {
    /// Its tokens, as text. Default none.
    pub prompt: String,
    /// Learned vectors after its tokens. Default 0.
    pub learned: usize,
}

impl Views {
    /// The views of a model that has the global view `own`, if any.
    pub fn list(&self, own: Option<&View>) -> Vec<View> {
        let given = self.global.as_ref().map(|view| View {
            name: "global".into(),
            prompt: view.prompt.clone(),
            learned: view.learned,
            region: None,
        });
        let global = given.or_else(|| own.cloned()).unwrap_or_else(|| View {
            name: "global".into(),
            prompt: String::new(),
            learned: 1,
            region: None,
        });
        let fine = (1..=self.fine).map(|i| View {
            name: format!("fine-{i}"),
            prompt: self.prompt.clone(),
            learned: self.learned,
            region: None,
        });
        std::iter::once(global).chain(fine).collect()
    }

    pub(super) fn check(&self) -> Check {
        let most_fine = agff::families::MAX_VIEWS - 1;
        let most_learned = agff::families::MAX_LEARNED;
        within("views.fine", self.fine, 0, most_fine)?;
        within("views.learned", self.learned, 0, most_learned)?;
        above_zero("views.scale", self.scale)?;
        within("views.noise", self.noise, 0.0, 10.0)?;
        if self.fine > 0 && self.prompt.is_empty() && self.learned == 0 {
            return fault(
                "views.learned",
                "is 0 and there is no prompt; a view is read at its last position, so it must have \
                 one",
            );
        }
        if let Some(global) = &self.global {
            within("views.global.learned", global.learned, 0, most_learned)?;
            if global.prompt.is_empty() && global.learned == 0 {
                return fault(
                    "views.global",
                    "has neither a prompt nor learned vectors; a view is read at its last position",
                );
            }
        }
        Ok(())
    }
}

impl RandomStart {
    /// The manifest of the model before it is trained; its files are not known yet. `views` are the
    /// recipe's, or one learned global vector.
    pub fn manifest(&self, views: Option<&Views>, fusion: Fusion) -> Manifest {
        let global_only = Views {
            fine: 0,
            ..Views::default()
        };
        let hidden = self.config.embedding_dim();
        let positions = self.config.max_positions();
        Manifest {
            format: FORMAT.into(),
            version: FORMAT_VERSION,
            name: self.name.clone(),
            family: Config::NAME.into(),
            trained: false,
            dtype: Dtype::F32,
            config: ModelConfig::new(self.config.clone()),
            image: ImageSettings {
                min_pixels: self.image.min_pixels,
                max_pixels: self.image.max_pixels,
                mean: self.image.mean,
                std: self.image.std,
                ..ImageSettings::default()
            },
            prompt: PromptSettings {
                prefix: self.prompt.prefix.clone(),
                image: self.prompt.image.clone(),
                image_token: self.prompt.image_token.clone(),
                empty: self.prompt.empty.clone(),
                instruction: self.prompt.instruction.clone(),
                named: self.prompt.named.clone(),
                max_tokens: self.prompt.max_tokens.unwrap_or(positions.min(512)),
            },
            views: views.unwrap_or(&global_only).list(None),
            probability: None,
            certainty: None,
            fusion,
            dimensions: match self.dimensions.is_empty() {
                true => vec![hidden],
                false => self.dimensions.clone(),
            },
            licence: self.licence.clone(),
            provenance: String::new(),
            languages: Vec::new(),
            files: Vec::new(),
        }
    }
}

impl Start {
    pub(super) fn check(&self, views: Option<&Views>) -> Check {
        let random = match self {
            Self::Package(folder) if folder.as_os_str().is_empty() => {
                return fault("start.package", "is empty; name the folder of a package");
            }
            Self::Package(_) => return Ok(()),
            Self::Random(random) => random,
        };
        let fusion = super::FusionSettings::default().of(None);
        let manifest = random.manifest(views, fusion);
        manifest.check_but_files().map_err(|error| {
            let (key, why) = named(&error);
            Fault {
                key: format!("start.random.{key}"),
                why,
            }
        })
    }
}

/// A manifest's error, "`field` why", as key and reason.
fn named(error: &Error) -> (String, String) {
    let mut parts = error.message().splitn(3, '`');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(""), Some(key), Some(why)) => (key.into(), why.trim_start().into()),
        _ => (String::from("config"), error.message().into()),
    }
}

/// Refuses keys of the configuration that it does not have. A manifest may have more than a build
/// knows; a recipe is written by hand, and a slip of the pen must not be taken for a default.
pub(super) fn known_config_keys(document: &Document) -> Check {
    let Some(given) = document.get(CONFIG_KEY) else {
        return Ok(());
    };
    let Ok(config) = given.clone().try_into::<Config>() else {
        return Ok(());
    };
    match unknown_key(given, &config, CONFIG_KEY) {
        Some((key, why)) => fault(key, why),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_views_leave_a_packages_global_view_as_it_is() {
        let own = View {
            name: "global".into(),
            prompt: "<|im_start|>assistant\n".into(),
            learned: 0,
            region: None,
        };
        let views = Views {
            fine: 2,
            ..Views::default()
        };
        let list = views.list(Some(&own));
        assert_eq!(list[0], own);
        let names: Vec<&str> = list.iter().map(|view| view.name.as_str()).collect();
        assert_eq!(names, ["global", "fine-1", "fine-2"]);
        assert_eq!(views.list(None)[0].learned, 1);
    }
}
