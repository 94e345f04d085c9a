//! Pictures for the model: decoded once, varied anew at each step.
//!
//! A file is decoded once and kept at the size that training can use: what is not cropped at exactly
//! the size at which the model reads it (so that its patches are those of inference), what is cropped
//! so large that the smallest crop still has all the pixels that the model reads. How a picture is
//! varied follows from the run's seed, the step and the row, so that GradCache's second pass and a
//! resumed run see the same pixels.

mod augment;
mod cache;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

pub use augment::{Crop, Variation};
pub use cache::{CacheUse, PictureCache};

use super::random::{Draw, What};
use super::recipe::{Augmentation, Images};
use agff::families::{Patches, Preprocessing};
use agff::input::image::{self, DecodeLimits, Pixels};
use agff::{Error, Result};

/// Kept pictures have at most this many times the pixels that the model reads, however small the
/// crops: a photo of 12 megapixels would otherwise be kept whole for crops of a hundredth.
const MOST_KEPT: f64 = 4.0;

/// The pictures of a training run.
#[derive(Debug)]
pub struct Pictures {
    preprocessing: Box<dyn Preprocessing>,
    augmentation: Augmentation,
    decode: DecodeLimits,
    cache: PictureCache<(PathBuf, bool)>,
}

/// Whose picture is varied, and when: the name of its stream of chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// The run's seed.
    pub seed: u64,
    /// The step.
    pub step: u64,
    /// The row's source.
    pub source: u16,
    /// The row within its source.
    pub row: u64,
    /// Which picture of the row: 0 the query's, 1 the positive's, 2 and on the negatives'.
    pub side: u16,
    /// Whether a mirrored picture still fits its text.
    pub may_flip: bool,
}

/// A picture that is wanted.
#[derive(Debug, Clone)]
pub struct PictureRequest<'a> {
    /// Where it comes from.
    pub picture: Picture<'a>,
    /// How it is varied; `None` for not at all.
    pub occasion: Option<Occasion>,
}

/// Where a picture comes from.
#[derive(Debug, Clone)]
pub enum Picture<'a> {
    /// An image file.
    File(&'a Path),
    /// Pixels that are at hand.
    Pixels(Cow<'a, Pixels>),
}

impl Pictures {
    /// Pictures as `preprocessing` reads them, with a recipe's limits and variations. What does not fit
    /// in memory goes to a file in `folder`.
    ///
    /// # Errors
    /// [`Code::Io`](agff::Code::Io) if that file cannot be made.
    pub fn new(
        preprocessing: Box<dyn Preprocessing>,
        images: &Images,
        augmentation: &Augmentation,
        folder: &Path,
    ) -> Result<Self> {
        let preprocessing = match images.max_pixels {
            Some(most) => preprocessing.with_max_pixels(most).map_err(|e| {
                agff::Error::new(agff::Code::Recipe, "images.max_pixels", e.message())
            })?,
            None => preprocessing,
        };
        Ok(Self {
            preprocessing,
            augmentation: augmentation.clone(),
            decode: DecodeLimits::default(),
            cache: PictureCache::new(
                images.memory << 20,
                images.disk << 20,
                Some(&folder.join("pictures.cache")),
            )?,
        })
    }

    /// How pictures are read.
    pub fn preprocessing(&self) -> &dyn Preprocessing {
        &*self.preprocessing
    }

    /// How much is kept.
    pub fn usage(&self) -> CacheUse {
        self.cache.usage()
    }

    /// Decodes files before they are needed, in the threads of the current rayon pool, so that one
    /// that is damaged is found before the training begins. `augmented` is whether they will be
    /// varied; `decoded` is told of each.
    ///
    /// # Errors
    /// The first file's that cannot be read or decoded; it is named.
    pub fn decode_all(
        &self,
        files: &[(&Path, bool)],
        decoded: impl Fn(&Path) + Sync,
    ) -> Result<()> {
        files.par_iter().try_for_each(|&(file, augmented)| {
            self.kept(file, augmented)?;
            decoded(file);
            Ok(())
        })
    }

    /// The patches of several pictures, made in the threads of the current rayon pool.
    ///
    /// # Errors
    /// The first picture's; see [`patches`](Self::patches).
    pub fn patches_of(&self, requests: &[PictureRequest<'_>]) -> Result<Vec<Patches>> {
        requests.par_iter().map(|r| self.patches(r)).collect()
    }

    /// The patches of a picture.
    ///
    /// # Errors
    /// All name the file. [`Code::Io`](agff::Code::Io), and the codes of a picture that cannot be
    /// decoded or read (`image-…`).
    pub fn patches(&self, request: &PictureRequest<'_>) -> Result<Patches> {
        let (name, kept);
        let pixels = match &request.picture {
            Picture::File(file) => {
                name = file.display().to_string();
                kept = self.kept(file, request.occasion.is_some())?;
                &*kept
            }
            Picture::Pixels(pixels) => {
                name = String::from("picture");
                &**pixels
            }
        };
        let Some(occasion) = request.occasion else {
            return self.preprocessing.patches(&name, pixels);
        };
        let what = What::Picture {
            source: occasion.source,
            side: occasion.side,
        };
        let mut draw = Draw::new(occasion.seed, occasion.step, what, occasion.row);
        let variation = Variation::draw(&self.augmentation, occasion.may_flip, &mut draw);
        let varied = variation.apply(&name, pixels, &*self.preprocessing)?;
        self.preprocessing
            .patches_from_resized(&varied)
            .map_err(|error| error.about(name))
    }

    /// A file's pixels as they are kept.
    fn kept(&self, file: &Path, augmented: bool) -> Result<Arc<Pixels>> {
        let cropped = augmented && self.augmentation.crop_area[0] < 1.0;
        self.cache.get((file.to_owned(), cropped), || {
            let name = file.display().to_string();
            let bytes = std::fs::read(file).map_err(|e| Error::io(file, e))?;
            let least_side = self.least_side(cropped);
            let pixels = image::decode_scaled(&name, &bytes, &self.decode, least_side)?;
            let (width, height) = self.kept_size(&name, &pixels, cropped)?;
            if (width, height) == (pixels.width, pixels.height) {
                return Ok(pixels);
            }
            image::resize(&pixels, width, height).map_err(|error| error.about(name))
        })
    }

    /// The least short side to decode at: of a picture that is cropped, the smallest crop's is what the
    /// model family asks for.
    fn least_side(&self, cropped: bool) -> Option<u32> {
        let side = self.preprocessing.scaled_input()?;
        let area = if cropped {
            self.augmentation.crop_area[0]
        } else {
            1.0
        };
        Some((f64::from(side) / area.sqrt()).ceil() as u32)
    }

    /// The size at which a picture is kept, never larger than it is.
    fn kept_size(&self, name: &str, pixels: &Pixels, cropped: bool) -> Result<(u32, u32)> {
        let whole = (pixels.width, pixels.height);
        let read = self.preprocessing.target_size(name, whole.0, whole.1)?;
        if !cropped {
            // Kept as it is read, if it is then read as it is kept.
            let smaller = read.0 <= whole.0 && read.1 <= whole.1;
            let again = self.preprocessing.target_size(name, read.0, read.1);
            let same = smaller && again.is_ok_and(|again| again == read);
            return Ok(if same { read } else { whole });
        }
        let times = (1.0 / self.augmentation.crop_area[0]).min(MOST_KEPT);
        let most = self.preprocessing.pixel_limits().1 as f64 * times;
        let factor = (most / (f64::from(whole.0) * f64::from(whole.1))).sqrt();
        if factor >= 1.0 {
            return Ok(whole);
        }
        let side = |side: u32| ((f64::from(side) * factor).ceil() as u32).clamp(1, side);
        Ok((side(whole.0), side(whole.1)))
    }
}

#[cfg(test)]
mod tests;
