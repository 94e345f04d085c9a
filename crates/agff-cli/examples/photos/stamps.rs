//! The stamps of Debian's `tuxpaint-stamps-default`: photos of things cut out, each with a caption.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::Failed;

/// Stamps in the set, as a check that the packages are those that were meant.
pub const COUNT: usize = 345;

/// Least side in pixels.
const LEAST_SIDE: u32 = 48;

/// What a stamp is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Half {
    /// Constants were chosen on these.
    Choosing,
    /// Nothing was chosen on these.
    Reported,
}

/// A stamp.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The picture.
    pub path: PathBuf,
    /// Its name below the folder of stamps, with `/`.
    pub name: String,
    /// What it shows, in a sentence.
    pub caption: String,
    /// Which half it belongs to: the first bit of the sha256 of the file's name.
    pub half: Half,
}

/// The set: every PNG with a text beside it, that is no cartoon, symbol or seasonal thing and has sides of 48 pixels
/// or more.
///
/// # Errors
/// If the folder cannot be read, or has another number of them.
pub fn read(folder: &Path) -> Result<Vec<Stamp>, Failed> {
    let mut stamps = Vec::new();
    for entry in WalkDir::new(folder) {
        let path = entry?.into_path();
        let text = path.with_extension("txt");
        if path.extension().is_none_or(|e| e != "png") || !text.is_file() {
            continue;
        }
        let parts: Vec<_> = path
            .strip_prefix(folder)?
            .iter()
            .map(|part| part.to_string_lossy())
            .collect();
        let name = parts.join("/");
        let (width, height) = image::image_dimensions(&path)?;
        if name.contains("cartoon")
            || ["symbols", "seasonal"].contains(&&*parts[0])
            || width.min(height) < LEAST_SIDE
        {
            continue;
        }
        let text = fs::read_to_string(&text)?;
        let caption = text.lines().next().unwrap_or_default().trim().to_owned();
        let hash = Sha256::digest(parts[parts.len() - 1].as_bytes());
        stamps.push(Stamp {
            half: match hash[0] >> 7 {
                0 => Half::Choosing,
                _ => Half::Reported,
            },
            path,
            name,
            caption,
        });
    }
    stamps.sort_by(|a, b| a.name.cmp(&b.name));
    match stamps.len() {
        COUNT => Ok(stamps),
        n => Err(format!("{} has {n} stamps, not {COUNT}", folder.display()).into()),
    }
}
