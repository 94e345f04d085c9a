//! The family's image processor: which size a picture is read at, and its patches.
//!
//! Equal to the `Qwen2VLImageProcessor` of Hugging Face `transformers` (its torchvision form) for
//! still images, down to the order of f32 operations.

use crate::families::pixels::Normaliser;
use crate::families::{Grid, ImageSettings, Patches, Preprocessing, Region};
use crate::input::image::Pixels;
use crate::{Code, Error, Result};

use super::config::VisionConfig;

/// The largest ratio between a picture's sides.
const MAX_ASPECT: f64 = 200.0;

/// How pictures are made into patches. Field names and meanings follow the family's
/// `preprocessor_config.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageProcessor {
    /// Side of a patch in pixels.
    pub patch_size: usize,
    /// Frames in a patch; a still image repeats its one frame.
    pub temporal_patch_size: usize,
    /// Patches are merged in squares of this side: both sides of the grid are multiples of it.
    pub merge_size: usize,
    /// Fewest pixels (`size.shortest_edge`): smaller pictures are enlarged.
    pub min_pixels: u64,
    /// Most pixels (`size.longest_edge`): larger pictures are reduced.
    pub max_pixels: u64,
    /// Mean of red, green and blue, of values from 0 to 1.
    pub mean: [f32; 3],
    /// Standard deviation of red, green and blue.
    pub std: [f32; 3],
}

/// The nearest integer, halves to even, as Python's `round`.
fn round(x: f64) -> f64 {
    x.round_ties_even()
}

impl ImageProcessor {
    /// The image processor of a model.
    pub(super) fn new(vision: &VisionConfig, image: &ImageSettings) -> Self {
        Self {
            patch_size: vision.patch_size,
            temporal_patch_size: vision.temporal_patch_size,
            merge_size: vision.spatial_merge_size,
            min_pixels: image.min_pixels,
            max_pixels: image.max_pixels,
            mean: image.mean,
            std: image.std,
        }
    }

    /// Side of a merge square in pixels.
    fn factor(&self) -> u64 {
        (self.patch_size * self.merge_size) as u64
    }

    /// Values of one patch.
    pub fn patch_values(&self) -> usize {
        3 * self.temporal_patch_size * self.patch_size * self.patch_size
    }
}

impl Preprocessing for ImageProcessor {
    /// The width and height at which a picture of `width` × `height` is read: multiples of
    /// `patch_size · merge_size` near the same shape, with a number of pixels between the limits.
    ///
    /// # Errors
    /// All name `name`. [`Code::ImageEmpty`] for zero sides, [`Code::ImageAspect`] for sides more
    /// than 200 : 1, [`Code::Config`] for settings that no picture can meet.
    fn target_size(&self, name: &str, width: u32, height: u32) -> Result<(u32, u32)> {
        let fail = |code, message: String| Err(Error::new(code, name, message));
        if width == 0 || height == 0 {
            return fail(
                Code::ImageEmpty,
                format!("the image is {width} × {height} pixels: there is nothing to see"),
            );
        }
        let factor = self.factor();
        let most = u64::from(u32::MAX);
        if factor == 0 || factor > 1 << 16 || self.max_pixels > most || self.min_pixels > most {
            return fail(
                Code::Config,
                format!(
                    "patches of {} merged by {}, {} to {} pixels: the preprocessing states \
                     numbers that no image can have",
                    self.patch_size, self.merge_size, self.min_pixels, self.max_pixels
                ),
            );
        }
        let (w, h) = (f64::from(width), f64::from(height));
        let aspect = w.max(h) / w.min(h);
        if aspect > MAX_ASPECT {
            return fail(
                Code::ImageAspect,
                format!(
                    "the image is {width} × {height}, {aspect:.0} times longer than wide or wider \
                     than long; the model reads up to {MAX_ASPECT}: crop it"
                ),
            );
        }
        // The same f64 steps as the reference, so that halves and floors fall alike.
        let f = factor as f64;
        let nearest = |side: f64| round(side / f) * f;
        let (mut target_h, mut target_w) = (nearest(h), nearest(w));
        if target_h * target_w > self.max_pixels as f64 {
            let beta = (h * w / self.max_pixels as f64).sqrt();
            let below = |side: f64| f.max((side / beta / f).floor() * f);
            (target_h, target_w) = (below(h), below(w));
        } else if target_h * target_w < self.min_pixels as f64 {
            let beta = (self.min_pixels as f64 / (h * w)).sqrt();
            let above = |side: f64| (side * beta / f).ceil() * f;
            (target_h, target_w) = (above(h), above(w));
        }
        // With no lower limit a thin picture's short side rounds to nothing.
        if target_h < 1.0 || target_w < 1.0 {
            return fail(
                Code::ImageAspect,
                format!("the image is {width} × {height}: too thin for patches of {factor}"),
            );
        }
        Ok((target_w as u32, target_h as u32))
    }

    /// Cuts a picture whose sides are multiples of `patch_size · merge_size` into normalised
    /// patches.
    ///
    /// # Errors
    /// [`Code::Input`] if the sides are no such multiples or the buffer has another length.
    fn patches_from_resized(&self, pixels: &Pixels) -> Result<Patches> {
        let (patch, merge, frames) = (self.patch_size, self.merge_size, self.temporal_patch_size);
        let (width, height) = (pixels.width as usize, pixels.height as usize);
        let factor = patch * merge;
        let fits = |side: usize| factor > 0 && side.is_multiple_of(factor);
        if !pixels.is_consistent() || !fits(width) || !fits(height) || frames == 0 {
            return Err(Error::new(
                Code::Input,
                "",
                format!(
                    "{} bytes of {width} × {height} pixels cannot be cut into patches of {patch} \
                     merged by {merge}",
                    pixels.rgb.len()
                ),
            ));
        }
        let grid = Grid {
            t: 1,
            h: height / patch,
            w: width / patch,
        };
        let (stride, area) = (pixels.stride(), patch * patch);
        let normaliser = Normaliser::new(&self.mean, &self.std);
        let mut values = vec![0.0; grid.patches() * self.patch_values()];
        let mut rows = values.chunks_exact_mut(3 * frames * area);
        // Merge squares from the top left, the patches of a square from its top left.
        for square_y in (0..height).step_by(factor) {
            for square_x in (0..width).step_by(factor) {
                for y in (square_y..square_y + factor).step_by(patch) {
                    for x in (square_x..square_x + factor).step_by(patch) {
                        let Some(row) = rows.next() else { break };
                        let from = &pixels.rgb[y * stride + x * 3..];
                        normaliser.write_patch(row, from, stride, patch, frames);
                    }
                }
            }
        }
        Ok(Patches {
            grid,
            values,
            seen: Region::WHOLE,
        })
    }

    fn with_max_pixels(&self, pixels: u64) -> Result<Box<dyn Preprocessing>> {
        let patch = self.factor().pow(2);
        if pixels < patch {
            let why = format!(
                "is {pixels}; a photo has {patch} pixels or more for this model, one merged patch"
            );
            return Err(Error::new(Code::Input, "max_pixels", why));
        }
        Ok(Box::new(Self {
            max_pixels: pixels.min(self.max_pixels),
            min_pixels: self.min_pixels.min(pixels),
            ..self.clone()
        }))
    }

    fn pixel_limits(&self) -> (u64, u64) {
        (self.min_pixels, self.max_pixels)
    }
}
