//! `agff.json`: what a package says about itself.

use serde::{Deserialize, Serialize};

use super::config::ModelConfig;

/// The newest format version that this build reads and the one that it writes.
pub const FORMAT_VERSION: u32 = 1;

/// The manifest's file name.
pub const MANIFEST_FILE: &str = "agff.json";

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
