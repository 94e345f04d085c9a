//! Pictures as a square of patches: how families with a square input prepare them.

use crate::families::pixels::Normaliser;
use crate::families::{Grid, ImageSettings, Patches, Preprocessing, Region, fault};
use crate::input::image::{Pixels, Resample};
use crate::{Code, Error, Result};

/// The largest ratio between a picture's sides: beyond it, nothing is left of what it shows.
const MAX_ASPECT: u32 = 200;

/// Most pixels along a side.
pub const MAX_SIDE: usize = 2048;

/// Brings a picture to a square. Without [`crop_from`](ImageSettings::crop_from) it is squashed, whatever its
/// shape; with it, its short side is brought to that length and the middle is cut out.
#[derive(Debug, Clone)]
pub struct Square {
    side: u32,
    patch: usize,
    crop_from: Option<u32>,
    resample: Resample,
    scaled_input: Option<u32>,
    normaliser: Normaliser,
}

/// Checks a package's settings for pictures of `side` pixels.
///
/// # Errors
/// [`Code::PackageManifest`], naming the field.
pub fn check_image(image: &ImageSettings, side: usize) -> Result<()> {
    let pixels = (side * side) as u64;
    if (image.min_pixels, image.max_pixels) != (pixels, pixels) {
        let why = format!("must be {pixels}, as min_pixels: pictures are read at one size");
        return fault("image.max_pixels", why);
    }
    image.check_samples()?;
    match image.crop_from {
        Some(short) if short == 0 || short as usize > 2 * MAX_SIDE => {
            let why = format!("is {short}; it must be between 1 and {}", 2 * MAX_SIDE);
            fault("image.crop_from", why)
        }
        _ => Ok(()),
    }
}

impl Square {
    /// Of `side` pixels, in patches of `patch`: pixels that are no whole patch, at the right and below, are left
    /// out.
    pub fn new(side: usize, patch: usize, image: &ImageSettings) -> Self {
        Self {
            side: side as u32,
            patch,
            crop_from: image.crop_from,
            resample: image.resample,
            scaled_input: None,
            normaliser: Normaliser::new(&image.mean, &image.std),
        }
    }

    /// The same, but large JPEGs are decoded at a part of their size, with a short side of at least 2.5 times what is
    /// read; see [`scaled_input`](Preprocessing::scaled_input).
    pub fn decoding_scaled(self) -> Self {
        let scaled_input = Some(5 * self.side / 2);
        Self {
            scaled_input,
            ..self
        }
    }

    fn pixels(&self) -> u64 {
        u64::from(self.side) * u64::from(self.side)
    }

    /// The middle of a picture, `[side, side, 3]`, with black around it where it is smaller; and the part of the
    /// picture that this is.
    fn middle(&self, pixels: &Pixels) -> (Vec<u8>, Region) {
        let side = self.side as usize;
        // Where the first pixel of the square comes from, where it goes to, and how many there are.
        let along = |length: u32| {
            let length = length as usize;
            match length.checked_sub(side) {
                Some(more) => (more / 2, 0, side),
                None => (0, (side - length) / 2, length),
            }
        };
        let ((left, to_x, columns), (top, to_y, rows)) =
            (along(pixels.width), along(pixels.height));
        let mut square = vec![0; side * side * 3];
        for y in 0..rows {
            let from = &pixels.rgb[(top + y) * pixels.stride() + left * 3..][..columns * 3];
            square[((to_y + y) * side + to_x) * 3..][..columns * 3].copy_from_slice(from);
        }
        // A square that is larger than the picture sees all of it, and more: what is beyond counts as outside.
        let part = |from: usize, to: usize, length: u32| {
            let length = length as f32;
            ((from as f32 - to as f32) / length, side as f32 / length)
        };
        let ((x, width), (y, height)) = (
            part(left, to_x, pixels.width),
            part(top, to_y, pixels.height),
        );
        let seen = Region {
            x,
            y,
            width,
            height,
        };
        (square, seen)
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
        let Some(edge) = self.crop_from else {
            return Ok((self.side, self.side));
        };
        // In the order of the reference's f64 steps, and cut off as there.
        let other = (f64::from(edge) * f64::from(long) / f64::from(short)) as u32;
        Ok(match width <= height {
            true => (edge, other),
            false => (other, edge),
        })
    }

    fn patches_from_resized(&self, pixels: &Pixels) -> Result<Patches> {
        let side = self.side;
        let fits = self.crop_from.is_some() || (pixels.width, pixels.height) == (side, side);
        if !pixels.is_consistent() || !fits {
            let why = format!(
                "{} bytes of {} × {} pixels are not the square of {side} that the model reads",
                pixels.rgb.len(),
                pixels.width,
                pixels.height
            );
            return Err(Error::new(Code::Input, "", why));
        }
        let cropped;
        let (rgb, seen) = match (pixels.width, pixels.height) == (side, side) {
            true => (&pixels.rgb, Region::WHOLE),
            false => {
                let (square, seen) = self.middle(pixels);
                cropped = square;
                (&cropped, seen)
            }
        };
        let (stride, patch) = (side as usize * 3, self.patch);
        let cells = side as usize / patch;
        let mut values = vec![0.0; cells * cells * 3 * patch * patch];
        for (i, row) in values.chunks_exact_mut(3 * patch * patch).enumerate() {
            let (y, x) = (i / cells * patch, i % cells * patch);
            let from = &rgb[y * stride + x * 3..];
            self.normaliser.write_patch(row, from, stride, patch, 1);
        }
        let grid = Grid {
            t: 1,
            h: cells,
            w: cells,
        };
        // Without the pixels that are no whole patch.
        let share = (cells * patch) as f32 / side as f32;
        let seen = Region {
            width: seen.width * share,
            height: seen.height * share,
            ..seen
        };
        Ok(Patches { grid, values, seen })
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
        self.scaled_input
    }

    fn resample(&self) -> Resample {
        self.resample
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(side: usize, crop_from: Option<u32>) -> Square {
        let image = ImageSettings {
            std: [1.0 / 255.0; 3],
            crop_from,
            ..ImageSettings::default()
        };
        Square::new(side, 1, &image)
    }

    /// Pixels whose red is their column and green their row.
    fn pixels(width: u32, height: u32) -> Pixels {
        let at = |i: u32| [(i % width) as u8, (i / width) as u8, 0];
        Pixels {
            width,
            height,
            rgb: (0..width * height).flat_map(at).collect(),
        }
    }

    #[test]
    fn the_short_side_is_brought_to_its_length_and_the_long_one_is_cut_off() {
        let of = |width, height| square(224, Some(224)).target_size("a", width, height);
        assert_eq!(of(640, 480).unwrap(), (298, 224));
        assert_eq!(of(480, 640).unwrap(), (224, 298));
        assert_eq!(of(300, 300).unwrap(), (224, 224));
        assert_eq!(of(1, 201).unwrap_err().code(), Code::ImageAspect);
        assert_eq!(square(9, None).target_size("a", 640, 480).unwrap(), (9, 9));
    }

    #[test]
    fn the_middle_is_cut_out_and_its_place_is_known() {
        let patches = square(2, Some(2))
            .patches_from_resized(&pixels(5, 2))
            .unwrap();
        let first = |i: usize| [patches.values[3 * i], patches.values[3 * i + 1]];
        // Columns 1 and 2 of 5: the odd pixel stays at the right.
        assert_eq!([first(0), first(1)], [[1.0, 0.0], [2.0, 0.0]]);
        assert_eq!([first(2), first(3)], [[1.0, 1.0], [2.0, 1.0]]);
        let seen = patches.seen;
        assert_eq!(
            [seen.x, seen.y, seen.width, seen.height],
            [0.2, 0.0, 0.4, 1.0]
        );
    }

    #[test]
    fn a_picture_that_is_smaller_than_the_square_has_black_around_it() {
        let patches = square(4, Some(2))
            .patches_from_resized(&pixels(2, 2))
            .unwrap();
        let reds: Vec<f32> = patches.values.iter().step_by(3).copied().collect();
        assert_eq!(reds[4..8], [0.0, 0.0, 1.0, 0.0]);
        assert_eq!(patches.seen.x, -0.5);
        assert_eq!(patches.seen.width, 2.0);
    }
}
