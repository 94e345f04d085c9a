//! `agff.json`: what a package says about itself. The checks of its values are in `validate`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::config::ModelConfig;
use super::reader::hex;
use super::tensors::expected_tensors;
use crate::input::image::ImageProcessor;
use crate::{Code, Error, Result};

/// What [`Manifest::format`] says.
pub const FORMAT: &str = "agff";

/// The newest format version that this build reads and the one that it writes.
pub const FORMAT_VERSION: u32 = 1;

/// The model families that this build runs.
pub const FAMILIES: &[&str] = &["qwen3_vl"];

/// The manifest's file name.
pub const MANIFEST_FILE: &str = "agff.json";

/// The model card's file name. It lies beside a package's files, is not listed, and goes when they are replaced.
pub const CARD_FILE: &str = "README.md";

/// The tokenizer's file name.
pub const TOKENIZER_FILE: &str = "tokenizer.json";

/// Most bytes that a manifest may have.
pub const MAX_MANIFEST_BYTES: u64 = 8 << 20;

/// Most bytes that a tokenizer may have.
pub const MAX_TOKENIZER_BYTES: u64 = 256 << 20;

/// How the weights of linear layers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// 8-bit integers in blocks of 32 with one f16 scale.
    Q8,
    /// 4-bit integers in blocks of 32 with one f16 scale.
    Q4,
}

impl Dtype {
    /// Its name, as the manifest and the command line have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8 => "q8",
            Self::Q4 => "q4",
        }
    }
}

/// The manifest of a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `"agff"`.
    pub format: String,
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// A name to show.
    pub name: String,
    /// The model family, `qwen3_vl`.
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
    /// Dimensions that an embedding may be cut to (Matryoshka), the full one first.
    pub dimensions: Vec<usize>,
    /// The weights' licence, as an SPDX expression, or what is known of it.
    pub licence: String,
    /// Where the weights come from.
    #[serde(default)]
    pub provenance: String,
    /// Every other file of the package.
    pub files: Vec<FileEntry>,
}

/// How images are prepared: the family's own image processor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageSettings {
    /// Images with fewer pixels are enlarged to about this many.
    pub min_pixels: u64,
    /// Images with more pixels are reduced to about this many.
    pub max_pixels: u64,
    /// Mean of each channel, of values in 0..1.
    pub mean: [f32; 3],
    /// Standard deviation of each channel.
    pub std: [f32; 3],
}

/// How an input becomes tokens. The templates are plain text with the tokenizer's special tokens
/// written out; `{instruction}`, `{image}` and `{text}` are filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptSettings {
    /// The prefix that all views share.
    pub prefix: String,
    /// What stands for `{image}` when there is one; `{pad}` in it is repeated once for each merged patch.
    pub image: String,
    /// The token that marks an image position.
    pub image_token: String,
    /// What stands for `{text}` when there is neither text nor image.
    pub empty: String,
    /// The instruction when the caller gives none.
    pub instruction: String,
    /// Instructions by name, for `--prompt query` and the like.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub named: std::collections::BTreeMap<String, String>,
    /// Most tokens of the prefix and the first view together; longer text is cut.
    pub max_tokens: usize,
}

/// A view: a short branch off the prefix, read out at its last position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// `global`, `fine-1`, … or a name of its own.
    pub name: String,
    /// Tokens of the branch, as text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prompt: String,
    /// Learned vectors after the prompt, stored as the tensor `views.NAME` of shape `[learned, hidden]`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub learned: usize,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// How pattern similarities are reduced over views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// Mean-normalised log-sum-exp at the fusion temperature.
    LogSumExp,
    /// The best pair.
    Max,
    /// The mean over pairs.
    Mean,
}

/// The fused similarity's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fusion {
    /// τ_f of the log-sum-exp.
    pub temperature: f32,
    /// How fine views are reduced within a pattern.
    pub reduction: Reduction,
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
    /// Weights of the model, each counted once however it is stored.
    pub fn parameters(&self) -> u64 {
        let specs = expected_tensors(&self.config, &self.views);
        let count = |shape: &[usize]| shape.iter().map(|&n| n as u64).product::<u64>();
        specs.iter().map(|spec| count(&spec.shape)).sum()
    }

    /// How images are prepared.
    pub fn processor(&self) -> ImageProcessor {
        let vision = &self.config.vision;
        ImageProcessor {
            patch_size: vision.patch_size,
            temporal_patch_size: vision.temporal_patch_size,
            merge_size: vision.spatial_merge_size,
            min_pixels: self.image.min_pixels,
            max_pixels: self.image.max_pixels,
            mean: self.image.mean,
            std: self.image.std,
        }
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
        let value: Value = serde_json::from_slice(json)
            .map_err(|e| fail(format!("is not JSON: {e}")).with_source(e))?;
        check_head(&value)?;
        let manifest: Self = serde_path_to_error::deserialize(value).map_err(|e| {
            let path = e.path().to_string();
            let why = e.into_inner();
            fail(match path.as_str() {
                "." => why.to_string(),
                _ => format!("`{path}`: {why}"),
            })
            .with_source(why)
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The manifest as it is written: indented JSON with a final newline.
    ///
    /// # Errors
    /// [`Code::Internal`] if it cannot be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self).map_err(|e| {
            Error::new(Code::Internal, MANIFEST_FILE, "cannot be written as JSON").with_source(e)
        })?;
        json.push(b'\n');
        Ok(json)
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
        let json = serde_json::to_vec(&all).map_err(|e| {
            Error::new(Code::Internal, MANIFEST_FILE, "cannot be written as JSON").with_source(e)
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
fn check_head(value: &Value) -> Result<()> {
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
        Some(family) if FAMILIES.contains(&family) => Ok(()),
        Some(family) => Err(Error::new(
            Code::PackageFamily,
            "",
            format!(
                "`family` is {family:?}; this build runs {}",
                FAMILIES.join(", ")
            ),
        )),
        None => fail("`family` is missing or not a string".into()),
    }
}
