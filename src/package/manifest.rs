//! `agff.json`: what a package says about itself. The checks of its values are in `validate`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::families::{ModelConfig, Preprocessing, Settings, registry};
#[cfg(feature = "engine")]
use crate::tensors::TensorSpec;
use crate::tensors::hex;
use crate::{Code, Error, Result};

// The types of its fields.
pub use crate::certainty::Calibration;
use crate::certainty::Certainty;
use crate::embedding::Embedding;
pub use crate::embedding::{Fusion, Probability, Reduction};
pub use crate::families::{ImageSettings, PromptSettings, View};
pub use crate::tensors::Dtype;

/// What [`Manifest::format`] says.
pub const FORMAT: &str = "agff";

/// The newest format version that this build reads and the one that it writes.
pub const FORMAT_VERSION: u32 = 1;

/// The manifest's file name.
pub const MANIFEST_FILE: &str = "agff.json";

/// The model card's file name. It lies beside a package's files, is not listed, and goes when they are replaced.
pub const CARD_FILE: &str = "README.md";

/// The tokenizer's file name.
pub const TOKENIZER_FILE: &str = "tokenizer.json";

/// Most bytes of a shard.
pub const MAX_SHARD: u64 = 64 << 20;

/// Bytes of a hashed block of the token embeddings.
pub const BLOCK_BYTES: u64 = 1 << 20;

/// Most bytes that a manifest may have.
pub const MAX_MANIFEST_BYTES: u64 = 8 << 20;

/// Most bytes that a tokenizer may have.
pub const MAX_TOKENIZER_BYTES: u64 = 256 << 20;

/// The manifest of a package.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// Always `"agff"`.
    pub format: String,
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// A name to show.
    pub name: String,
    /// The model family.
    pub family: String,
    /// Whether the weights were ever trained. If not, a ranking means nothing.
    pub trained: bool,
    /// How linear weights are stored.
    pub dtype: Dtype,
    /// The model's shape.
    pub config: ModelConfig,
    /// How images are prepared.
    pub image: ImageSettings,
    /// How inputs become tokens.
    pub prompt: PromptSettings,
    /// The views, `global` first.
    pub views: Vec<View>,
    /// How similarities of views are fused.
    pub fusion: Fusion,
    /// How a cosine becomes a probability, for models that were trained for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<Probability>,
    /// How sure matches are, for models that were calibrated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certainty: Option<Calibration>,
    /// Dimensions that an embedding may be cut to (Matryoshka), the full one first.
    pub dimensions: Vec<usize>,
    /// The weights' licence, as an SPDX expression, or what is known of it.
    pub licence: String,
    /// Where the weights come from.
    #[serde(default)]
    pub provenance: String,
    /// The languages of texts that the model knows, as BCP 47 tags; empty if that is not said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Every other file of the package.
    pub files: Vec<FileEntry>,
}

/// A file of the package with its length and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path relative to the manifest, with `/`, never leaving the package.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Lower-case hexadecimal sha256 of the whole file.
    pub sha256: String,
    /// Hashes of consecutive blocks, for files that are read by range (token embeddings).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<BlockHashes>,
}

/// Hashes of a file's consecutive blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockHashes {
    /// Bytes of a block; the last one may be shorter.
    pub size: u64,
    /// Hexadecimal sha256 of each block.
    pub sha256: Vec<String>,
}

impl Manifest {
    /// How sure matches of a text are. `None` for models that do not say, and for embeddings that were cut.
    pub fn certainty_of(&self, text: &Embedding) -> Option<Certainty> {
        if self.dimensions.first() != Some(&text.dimensions) || text.check().is_err() {
            return None;
        }
        let calibrated = self.certainty.as_ref();
        calibrated
            .map(|calibration| Certainty::calibrated(calibration, text.view(0)))
            .or_else(|| self.probability.as_ref().map(Certainty::of_sigmoid))
    }

    /// Every tensor of the model, in the order in which packages store them.
    #[cfg(feature = "engine")]
    pub fn tensors(&self) -> Vec<TensorSpec> {
        self.config.tensors(&self.views)
    }

    /// Weights of the model, each counted once however it is stored.
    #[cfg(feature = "engine")]
    pub fn parameters(&self) -> u64 {
        self.tensors().iter().map(|spec| spec.count() as u64).sum()
    }

    /// What it says beside the model's shape.
    pub fn settings(&self) -> Settings<'_> {
        Settings {
            image: &self.image,
            prompt: &self.prompt,
            views: &self.views,
        }
    }

    /// How images are prepared.
    pub fn preprocessing(&self) -> Box<dyn Preprocessing> {
        self.config.preprocessing(&self.image)
    }

    /// Reads and checks a manifest. Fields that this build does not know are ignored.
    ///
    /// # Errors
    /// [`Code::PackageManifest`] for what is no manifest or states impossible values,
    /// [`Code::PackageVersion`] and [`Code::PackageFamily`] for one that another build may read,
    /// [`Code::Config`] for a model that cannot exist. The message names the field.
    pub fn parse(json: &[u8]) -> Result<Self> {
        Self::parse_unnamed(json).map_err(|e| e.about(MANIFEST_FILE))
    }

    /// The same with errors that leave it to the caller to say which manifest they are about.
    pub(crate) fn parse_unnamed(json: &[u8]) -> Result<Self> {
        let fail = |why: String| Error::new(Code::PackageManifest, "", why);
        if json.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(fail(format!(
                "is {} bytes long, more than the {MAX_MANIFEST_BYTES} that a manifest may have",
                json.len()
            )));
        }
        let mut value: Value = serde_json::from_slice(json)
            .map_err(|e| fail(format!("is not JSON: {e}")).with_source(e))?;
        let family = check_head(&value)?;
        let config = match value.get_mut("config").map(Value::take) {
            Some(config) => family.config(config)?,
            None => return Err(fail("missing field `config`".into())),
        };
        let rest: Rest = serde_path_to_error::deserialize(value).map_err(|e| {
            let path = e.path().to_string();
            let why = e.into_inner();
            fail(match path.as_str() {
                "." => why.to_string(),
                _ => format!("`{path}`: {why}"),
            })
            .with_source(why)
        })?;
        let manifest = rest.with(config);
        manifest.check()?;
        Ok(manifest)
    }

    /// The manifest as it is written: indented JSON with a final newline.
    ///
    /// # Errors
    /// [`Code::Internal`] if it cannot be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let written = || -> serde_json::Result<String> {
            let json = serde_json::to_string_pretty(self)?;
            Ok(self.config.in_own_order(&json, Some(2))? + "\n")
        };
        let json = written().map_err(|e| {
            Error::new(Code::Internal, MANIFEST_FILE, "cannot be written as JSON").with_source(e)
        })?;
        Ok(json.into_bytes())
    }

    /// What tells whose vectors may be compared: the sha256, in hexadecimal, of all that the vectors depend
    /// on, which are the family, the model's shape, images' and prompts' settings, the views, and the files with
    /// their hashes. A package that was renamed, or whose fusion was changed, has the same.
    ///
    /// # Errors
    /// [`Code::Internal`] if it cannot be written as JSON.
    pub fn fingerprint(&self) -> Result<String> {
        let mut files: Vec<(&str, &str)> = self
            .files
            .iter()
            .map(|file| (file.path.as_str(), file.sha256.as_str()))
            .collect();
        files.sort_unstable();
        let all = (
            &self.family,
            &self.config,
            &self.image,
            &self.prompt,
            &self.views,
            files,
        );
        let json = serde_json::to_string(&all)
            .and_then(|json| self.config.in_own_order(&json, None))
            .map_err(|e| {
                let why = "cannot be written as JSON";
                Error::new(Code::Internal, MANIFEST_FILE, why).with_source(e)
            })?;
        Ok(hex(&Sha256::digest(json)))
    }

    /// The entry of the file at `path`.
    pub fn file(&self, path: &str) -> Option<&FileEntry> {
        self.files.iter().find(|f| f.path == path)
    }

    /// The shards that are read from front to back: all weights but the token embeddings.
    pub fn weight_files(&self) -> impl Iterator<Item = &FileEntry> {
        self.files
            .iter()
            .filter(|f| f.is_shard() && f.blocks.is_none())
    }

    /// The shards that are read by range: the token embeddings.
    pub fn token_files(&self) -> impl Iterator<Item = &FileEntry> {
        self.files
            .iter()
            .filter(|f| f.is_shard() && f.blocks.is_some())
    }
}

impl FileEntry {
    /// Whether this is a safetensors shard.
    pub fn is_shard(&self) -> bool {
        self.path.ends_with(".safetensors")
    }
}

/// Checks what must be known before the rest can be understood: format, version, family.
fn check_head(value: &Value) -> Result<&'static registry::Family> {
    let fail = |why: String| Err(Error::new(Code::PackageManifest, "", why));
    let Some(head) = value.as_object() else {
        return fail("is not a JSON object".into());
    };
    match head.get("format").and_then(Value::as_str) {
        Some(FORMAT) => {}
        Some(other) => {
            return fail(format!(
                "`format` is {other:?}, not {FORMAT:?}: this is no package"
            ));
        }
        None => return fail(format!("has no `format`: {FORMAT:?}: this is no package")),
    }
    match head.get("version").and_then(Value::as_u64) {
        Some(v) if v == u64::from(FORMAT_VERSION) => {}
        Some(v) => {
            return Err(Error::new(
                Code::PackageVersion,
                "",
                format!(
                    "`version` is {v}; this build reads version {FORMAT_VERSION}. Use a newer \
                     build, or convert the model again"
                ),
            ));
        }
        None => return fail("`version` is missing or not a whole number".into()),
    }
    match head.get("family").and_then(Value::as_str) {
        Some(family) => registry::by_name(family),
        None => fail("`family` is missing or not a string".into()),
    }
}

/// A manifest without `config`, whose type depends on the family.
#[derive(Deserialize)]
struct Rest {
    format: String,
    version: u32,
    name: String,
    family: String,
    trained: bool,
    dtype: Dtype,
    image: ImageSettings,
    prompt: PromptSettings,
    views: Vec<View>,
    fusion: Fusion,
    #[serde(default)]
    probability: Option<Probability>,
    #[serde(default)]
    certainty: Option<Calibration>,
    dimensions: Vec<usize>,
    licence: String,
    #[serde(default)]
    provenance: String,
    #[serde(default)]
    languages: Vec<String>,
    files: Vec<FileEntry>,
}

impl Rest {
    fn with(self, config: ModelConfig) -> Manifest {
        Manifest {
            format: self.format,
            version: self.version,
            name: self.name,
            family: self.family,
            trained: self.trained,
            dtype: self.dtype,
            config,
            image: self.image,
            prompt: self.prompt,
            views: self.views,
            fusion: self.fusion,
            probability: self.probability,
            certainty: self.certainty,
            dimensions: self.dimensions,
            licence: self.licence,
            provenance: self.provenance,
            languages: self.languages,
            files: self.files,
        }
    }
}
