//! What decoding a large JPEG at a part of its size changes of its vectors.

use std::fs;
use std::path::Path;

use agff::input::image::{DecodeLimits, decode};
use agff::{Agff, Input, InputImage};
use pollster::block_on;
use walkdir::WalkDir;

use crate::Failed;

/// Cosines between the vectors of photos that are decoded at a part of their size and whole.
#[derive(Debug, Clone, Copy)]
pub struct Scaled {
    /// Photos that are large enough to be decoded at a half or less.
    pub photos: usize,
    /// Those of them whose whole view has a cosine of 0.998 or more.
    pub alike: usize,
    /// The least cosine of the whole view.
    pub least: f64,
    /// The least of any region.
    pub least_region: f64,
}

/// What a cosine should reach.
pub const BAR: f64 = 0.998;

/// Embeds the JPEGs of a folder in both ways.
///
/// # Errors
/// If one cannot be read.
pub fn compare(agff: &Agff, folder: &Path) -> Result<Scaled, Failed> {
    let least_side = agff.preprocessing().scaled_input().unwrap_or(u32::MAX);
    let mut scaled = Scaled {
        photos: 0,
        alike: 0,
        least: 1.0,
        least_region: 1.0,
    };
    for entry in WalkDir::new(folder) {
        let path = entry?.into_path();
        if path.extension().is_none_or(|ending| ending != "jpg") {
            continue;
        }
        let name = path.display().to_string();
        let bytes = fs::read(&path)?;
        let whole = decode(&name, &bytes, &DecodeLimits::default())?;
        if whole.width.min(whole.height) < 2 * least_side {
            continue;
        }
        let whole = Input {
            image: Some(InputImage::Pixels(whole)),
            ..Input::default()
        };
        let vectors = block_on(agff.embed(&[Input::image(name, bytes), whole]))?;
        let cosine = |view: usize| -> f64 {
            let pairs = vectors[0].view(view).iter().zip(vectors[1].view(view));
            pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        scaled.photos += 1;
        scaled.alike += usize::from(cosine(0) >= BAR);
        scaled.least = scaled.least.min(cosine(0));
        for view in 1..vectors[0].views.len() {
            scaled.least_region = scaled.least_region.min(cosine(view));
        }
    }
    Ok(scaled)
}
