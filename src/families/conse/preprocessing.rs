//! Pictures as a square of normalised pixels.

use crate::families::{Grid, ImageSettings, Patches, Preprocessing};
use crate::input::image::Pixels;
use crate::{Code, Error, Result};

/// The largest ratio between a picture's sides: beyond it, nothing is left of what it shows.
const MAX_ASPECT: u32 = 200;

/// Brings a picture to a square, whatever its shape, so that a region of the one is the same region of the
/// other.
#[derive(Debug, Clone)]
pub struct Square {
    side: u32,
    mean: [f32; 3],
    std: [f32; 3],
}

impl Square {
    /// Of `side` pixels.
    pub(super) fn new(side: usize, image: &ImageSettings) -> Self {
        Self {
            side: side as u32,
            mean: image.mean,
            std: image.std,
        }
    }

    fn pixels(&self) -> u64 {
        u64::from(self.side) * u64::from(self.side)
    }
}

impl Preprocessing for Square {
    fn target_size(&self, name: &str, width: u32, height: u32) -> Result<(u32, u32)> {
        let fail = |code, message: String| Err(Error::new(code, name, message));
        if width == 0 || height == 0 {
            let why = format!("the image is {width} × {height} pixels: there is nothing to see");
            return fail(Code::ImageEmpty, why);
        }
        let (long, short) = (width.max(height), width.min(height));
        if long / short > MAX_ASPECT {
            let why = format!(
                "the image is {width} × {height}; the model reads sides up to {MAX_ASPECT} : 1: crop it"
            );
            return fail(Code::ImageAspect, why);
        }
        Ok((self.side, self.side))
    }

    fn patches_from_resized(&self, pixels: &Pixels) -> Result<Patches> {
        let side = self.side;
        if !pixels.is_consistent() || (pixels.width, pixels.height) != (side, side) {
            let why = format!(
                "{} bytes of {} × {} pixels are not the square of {side} that the model reads",
                pixels.rgb.len(),
                pixels.width,
                pixels.height
            );
            return Err(Error::new(Code::Input, "", why));
        }
        // There are only 256 results for a channel.
        let normalised: [[f32; 256]; 3] = std::array::from_fn(|channel| {
            let (mean, std) = (self.mean[channel] * 255.0, self.std[channel] * 255.0);
            std::array::from_fn(|sample| (sample as f32 - mean) / std)
        });
        let mut values = Vec::with_capacity(pixels.rgb.len());
        for pixel in pixels.rgb.chunks_exact(3) {
            let of = |channel: usize| normalised[channel][usize::from(pixel[channel])];
            values.extend([of(0), of(1), of(2)]);
        }
        let side = side as usize;
        let grid = Grid {
            t: 1,
            h: side,
            w: side,
        };
        Ok(Patches { grid, values })
    }

    fn with_max_pixels(&self, pixels: u64) -> Result<Box<dyn Preprocessing>> {
        if pixels < self.pixels() {
            let why = format!(
                "is {pixels}; this model reads every photo as a square of {} pixels",
                self.pixels()
            );
            return Err(Error::new(Code::Input, "max_pixels", why));
        }
        Ok(Box::new(self.clone()))
    }

    fn pixel_limits(&self) -> (u64, u64) {
        (self.pixels(), self.pixels())
    }

    fn scaled_input(&self) -> Option<u32> {
        Some(2 * self.side)
    }
}
