//! The same vectors in a page: everything is embedded again in headless Chromium.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Failed;
use crate::singles::Embeddings;
use crate::stamps::Stamp;

/// How near the page's vectors are to the native ones.
#[derive(Debug, Deserialize)]
pub struct Compared {
    /// The browser.
    pub version: String,
    /// Pictures, and the least cosine over all of their views.
    pub pictures: Alike,
    /// The same of texts.
    pub texts: Alike,
}

/// Of one kind of inputs.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Alike {
    /// How many there are.
    pub inputs: usize,
    /// Their views.
    pub views: usize,
    /// The least cosine between the page's view and the native one.
    pub least: f64,
    /// The largest difference between two values.
    pub apart: f64,
}

/// An input and its native vectors.
#[derive(Serialize)]
struct Input<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    values: &'a [f32],
}

/// Runs `www/tests/photo-vectors.mjs`.
///
/// # Errors
/// If it fails.
pub fn compare(
    stamps: &[Stamp],
    folder: &Path,
    models: &Path,
    embeddings: &Embeddings,
    out: &Path,
) -> Result<Compared, Failed> {
    let mut inputs = Vec::new();
    for (part, embedding) in embeddings {
        let of_path = |stamp: &&Stamp| part.image.as_ref() == Some(&stamp.path);
        let stamp = stamps.iter().find(of_path);
        inputs.push(Input {
            image: stamp.map(|stamp| stamp.name.as_str()),
            text: part.text.as_deref(),
            values: &embedding.values,
        });
    }
    inputs.sort_by_key(|input| (input.image, input.text));
    let file = out.join("native.json");
    fs::write(&file, serde_json::to_vec(&inputs)?)?;
    let output = Command::new("node")
        .arg("www/tests/photo-vectors.mjs")
        .args([&file, folder, models])
        .stderr(std::process::Stdio::inherit())
        .output()?;
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout)?),
        false => Err(format!("the page failed: {}", output.status).into()),
    }
}
