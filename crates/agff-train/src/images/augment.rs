//! How a picture is varied: crop, mirror, colour, blur.
//!
//! What is done is drawn first, as numbers ([`Variation`]), and then applied to pixels, so that the
//! numbers can be looked at. Every variation takes the same count of numbers from its stream: turning
//! one kind on or off leaves the others as they were.

use crate::random::Draw;
use crate::recipe::Augmentation;
use agff::Result;
use agff::families::Preprocessing;
use agff::input::image::{Pixels, resize};

/// One variation of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variation {
    /// The part that is kept, as fractions of width and height.
    pub crop: Crop,
    /// Whether it is mirrored.
    pub flip: bool,
    /// Factor of the brightness.
    pub brightness: f32,
    /// Factor of the distance from the mean grey.
    pub contrast: f32,
    /// Factor of the distance from each pixel's own grey.
    pub saturation: f32,
    /// Deviation of the blur in pixels; 0 for none.
    pub blur: f32,
}

/// A part of a picture, as fractions of its width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crop {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Variation {
    /// No change.
    pub const NONE: Self = Self {
        crop: Crop {
            left: 0.0,
            top: 0.0,
            width: 1.0,
            height: 1.0,
        },
        flip: false,
        brightness: 1.0,
        contrast: 1.0,
        saturation: 1.0,
        blur: 0.0,
    };

    /// Draws a variation. `may_flip` is whether a mirrored picture still fits its text.
    pub fn draw(settings: &Augmentation, may_flip: bool, draw: &mut Draw) -> Self {
        let [least, most] = settings.crop_area;
        let area = draw.between(least, most);
        // Neither side may be longer than the picture's.
        let [narrow, wide] = settings.crop_aspect.map(|a| a.clamp(area, 1.0 / area).ln());
        let aspect = draw.between(narrow, wide).exp();
        let width = (area * aspect).sqrt().min(1.0);
        let height = (area / aspect).sqrt().min(1.0);
        let crop = Crop {
            left: draw.unit() * (1.0 - width),
            top: draw.unit() * (1.0 - height),
            width,
            height,
        };
        let flip = draw.happens(settings.flip);
        let mut around_one = |by: f64| draw.between(1.0 - by, 1.0 + by) as f32;
        let brightness = around_one(settings.brightness);
        let contrast = around_one(settings.contrast);
        let saturation = around_one(settings.saturation);
        let blurred = draw.happens(settings.blur);
        let [least, most] = settings.blur_deviation;
        let deviation = draw.between(least, most) as f32;
        Self {
            crop,
            flip: flip && may_flip,
            brightness,
            contrast,
            saturation,
            blur: if blurred { deviation } else { 0.0 },
        }
    }

    /// The varied picture at the size at which the model reads it. `name` is for messages.
    ///
    /// # Errors
    /// As [`Preprocessing::target_size`] and [`resize`] for the whole picture.
    pub fn apply(
        &self,
        name: &str,
        pixels: &Pixels,
        preprocessing: &dyn Preprocessing,
    ) -> Result<Pixels> {
        let cut = self.crop.of(pixels);
        let (cropped, (width, height)) =
            match cut.map(|cut| (preprocessing.target_size(name, cut.width, cut.height), cut)) {
                Some((Ok(size), cut)) => (Some(cut), size),
                // A part of a very long picture can be too long to read.
                _ => (
                    None,
                    preprocessing.target_size(name, pixels.width, pixels.height)?,
                ),
            };
        let source = cropped.as_ref().unwrap_or(pixels);
        let mut varied = resize(source, width, height).map_err(|error| error.about(name))?;
        if self.flip {
            mirror(&mut varied);
        }
        self.colour(&mut varied);
        if self.blur > 0.0 {
            blur(&mut varied, self.blur);
        }
        Ok(varied)
    }

    /// Changes brightness, contrast and saturation.
    ///
    /// The three are affine, so one map does them all, and nothing is cut off in between:
    /// `x → b·x`, then `→ c·x + (1 − c)·mean`, then `→ s·x + (1 − s)·grey(x)`.
    fn colour(&self, pixels: &mut Pixels) {
        let (b, c, s) = (self.brightness, self.contrast, self.saturation);
        if (b, c, s) == (1.0, 1.0, 1.0) {
            return;
        }
        let sum: f64 = pixels.rgb.chunks_exact(3).map(|p| f64::from(grey(p))).sum();
        let mean = (sum / (pixels.rgb.len() / 3).max(1) as f64) as f32;
        // grey(c·b·x + t) = c·b·grey(x) + t, as grey's weights sum to 1.
        let (scale, shift) = (c * b, (1.0 - c) * b * mean);
        let (own, shared) = (s * scale, (1.0 - s) * scale);
        for pixel in pixels.rgb.chunks_exact_mut(3) {
            let rest = shared * grey(pixel) + shift;
            for value in pixel {
                // `as` cuts off at 0 and 255.
                *value = (own * f32::from(*value) + rest).round() as u8;
            }
        }
    }
}

impl Crop {
    /// The cut-out part, at least a pixel wide and high; `None` if it is the whole picture.
    fn of(&self, pixels: &Pixels) -> Option<Pixels> {
        let span = |start: f64, length: f64, side: u32| {
            let side = f64::from(side);
            let length = (length * side).round().clamp(1.0, side);
            let start = (start * side).round().clamp(0.0, side - length);
            (start as usize, length as u32)
        };
        let (left, width) = span(self.left, self.width, pixels.width);
        let (top, height) = span(self.top, self.height, pixels.height);
        if (width, height) == (pixels.width, pixels.height) {
            return None;
        }
        let stride = pixels.width as usize * 3;
        let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
        for row in pixels
            .rgb
            .chunks_exact(stride)
            .skip(top)
            .take(height as usize)
        {
            rgb.extend_from_slice(&row[left * 3..][..width as usize * 3]);
        }
        Some(Pixels { width, height, rgb })
    }
}

/// Luma of ITU-R BT.601.
#[inline]
fn grey(pixel: &[u8]) -> f32 {
    0.299 * f32::from(pixel[0]) + 0.587 * f32::from(pixel[1]) + 0.114 * f32::from(pixel[2])
}

/// Turns left to right.
fn mirror(pixels: &mut Pixels) {
    for row in pixels.rgb.chunks_exact_mut(pixels.width as usize * 3) {
        row.reverse();
        // The colours of each pixel are back to front now.
        row.chunks_exact_mut(3).for_each(<[u8]>::reverse);
    }
}

/// Gaussian blur, one axis after the other; beyond the edge the picture goes on as at the edge.
fn blur(pixels: &mut Pixels, deviation: f32) {
    let reach = (3.0 * deviation).ceil() as isize;
    let mut weights: Vec<f32> = (-reach..=reach)
        .map(|d| (-0.5 * (d as f32 / deviation).powi(2)).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= sum);
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let rows = Lines {
        count: height,
        stride: width * 3,
        length: width,
        step: 3,
    };
    let columns = Lines {
        count: width,
        stride: 3,
        length: height,
        step: width * 3,
    };
    for lines in [rows, columns] {
        lines.convolve(&mut pixels.rgb, &weights);
    }
}

/// Parallel lines of pixels in a picture.
struct Lines {
    count: usize,
    stride: usize,
    length: usize,
    step: usize,
}

impl Lines {
    fn convolve(&self, rgb: &mut [u8], weights: &[f32]) {
        let reach = weights.len() / 2;
        let mut line = vec![0.0; self.length];
        for start in 0..self.count {
            for channel in 0..3 {
                let at = |i: usize| start * self.stride + i * self.step + channel;
                for (i, value) in line.iter_mut().enumerate() {
                    *value = f32::from(rgb[at(i)]);
                }
                for i in 0..self.length {
                    let sum: f32 = weights
                        .iter()
                        .enumerate()
                        .map(|(k, w)| w * line[(i + k).saturating_sub(reach).min(self.length - 1)])
                        .sum();
                    rgb[at(i)] = sum.round() as u8;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
