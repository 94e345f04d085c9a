//! What a checkpoint is converted to.

use std::path::PathBuf;

use crate::tensors::Dtype;

/// What to make of a checkpoint.
#[derive(Debug, Clone)]
pub struct ConvertOptions {
    /// How linear weights are stored. (The token embeddings of a q4 package are q8.)
    pub dtype: Dtype,
    /// A `views.json`; without one the package has the view `global`, the checkpoint's own embedding.
    pub views: Option<PathBuf>,
    /// Fine views: the parts of the picture in a grid of so many on a side, for families whose views are regions.
    pub regions: Option<usize>,
    /// The package's name; by default that of the checkpoint's folder.
    pub name: Option<String>,
    /// The weights' licence; by default what the checkpoint's `README.md` says.
    pub licence: Option<String>,
    /// What to call the checkpoint where the package says what it was made of; by default its folder's name.
    pub checkpoint: Option<String>,
    /// A sentence on where the weights come from, put before what `convert` says itself.
    pub provenance: Option<String>,
    /// Whether the weights were ever trained.
    pub trained: bool,
    /// Fewest pixels that images are enlarged to, instead of the checkpoint's own.
    pub min_pixels: Option<u64>,
    /// The folder of an adapter of PEFT that is folded into the weights, in the place of one beside them.
    pub adapter: Option<PathBuf>,
    /// What to call it where the package says what it was made of; by default its folder's name.
    pub adapter_name: Option<String>,
    /// Most pixels that images are reduced to, instead of the checkpoint's own.
    pub max_pixels: Option<u64>,
    /// Replace a package that is at the target already.
    pub force: bool,
}

impl Default for ConvertOptions {
    fn default() -> Self {
        Self {
            dtype: Dtype::F16,
            views: None,
            regions: None,
            name: None,
            licence: None,
            checkpoint: None,
            provenance: None,
            trained: true,
            min_pixels: None,
            max_pixels: None,
            adapter: None,
            adapter_name: None,
            force: false,
        }
    }
}
