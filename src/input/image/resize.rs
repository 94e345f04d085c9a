//! Antialiased resampling on 8-bit pixels, equal to torchvision's.
//!
//! torchvision (and Pillow) resample the rows, round to 8 bits, then resample the columns, with
//! fixed-point weights. `fast_image_resize`'s Catmull-Rom filter is the same cubic (a = −0.5), and its bilinear
//! one the same triangle, with the same widening when they shrink; but in one call it picks the cheaper order of passes, so it
//! is called twice: width first, then height. A pass that changes nothing is left out, as there.

use std::borrow::Cow;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use serde::{Deserialize, Serialize};

use super::Pixels;
use crate::{Code, Error, Result};

/// How a picture is resampled: the filters of Pillow and torchvision, with antialiasing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resample {
    /// The triangle over two neighbours.
    Bilinear,
    /// Cubic convolution over four neighbours (Keys, 1981; a = −1/2).
    #[default]
    Bicubic,
}

/// Resamples a picture to `width` × `height` bicubically.
///
/// # Errors
/// As [`resample`].
pub fn resize(pixels: &Pixels, width: u32, height: u32) -> Result<Pixels> {
    resample(pixels, width, height, Resample::Bicubic)
}

/// Resamples a picture to `width` × `height`.
///
/// # Errors
/// [`Code::ImageEmpty`] if either size has no pixels, and [`Code::Input`] if the buffer is not
/// as long as the picture's size says.
pub fn resample(pixels: &Pixels, width: u32, height: u32, filter: Resample) -> Result<Pixels> {
    if width == 0 || height == 0 || pixels.width == 0 || pixels.height == 0 {
        return Err(Error::new(
            Code::ImageEmpty,
            "",
            format!(
                "cannot resize {} × {} pixels to {width} × {height}",
                pixels.width, pixels.height
            ),
        ));
    }
    if !pixels.is_consistent() {
        return Err(Error::new(
            Code::Input,
            "",
            format!(
                "{} bytes are not {} × {} RGB pixels",
                pixels.rgb.len(),
                pixels.width,
                pixels.height
            ),
        ));
    }
    let wide = match width == pixels.width {
        true => Cow::Borrowed(pixels),
        false => Cow::Owned(pass(pixels, width, pixels.height, filter)?),
    };
    match height == wide.height {
        true => Ok(wide.into_owned()),
        false => pass(&wide, width, height, filter),
    }
}

/// One pass: only one of the sides changes.
fn pass(pixels: &Pixels, width: u32, height: u32, filter: Resample) -> Result<Pixels> {
    let failed = |error: String| Error::new(Code::Internal, "", format!("resampling: {error}"));
    // By its type: of a picture without one, the code for every other type would be carried along.
    let source = TypedImageRef::<U8x3>::from_buffer(pixels.width, pixels.height, &pixels.rgb)
        .map_err(|error| failed(error.to_string()))?;
    let mut rgb = vec![0; width as usize * height as usize * 3];
    let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut rgb)
        .map_err(|error| failed(error.to_string()))?;
    let filter = match filter {
        Resample::Bilinear => FilterType::Bilinear,
        Resample::Bicubic => FilterType::CatmullRom,
    };
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter))
        .use_alpha(false);
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .map_err(|error| failed(error.to_string()))?;
    Ok(Pixels { width, height, rgb })
}
