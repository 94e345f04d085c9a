//! Antialiased bicubic resampling on 8-bit pixels, equal to torchvision's.
//!
//! torchvision (and Pillow) resample the rows, round to 8 bits, then resample the columns, with
//! fixed-point weights. `fast_image_resize`'s Catmull-Rom filter is the same cubic (a = −0.5) with
//! the same widening when it shrinks; but in one call it picks the cheaper order of passes, so it
//! is called twice: width first, then height. A pass that changes nothing is left out, as there.

use std::borrow::Cow;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::Pixels;
use crate::{Code, Error, Result};

/// Resamples a picture to `width` × `height`.
///
/// # Errors
/// [`Code::ImageEmpty`] if either size has no pixels, and [`Code::Input`] if the buffer is not
/// as long as the picture's size says.
pub fn resize(pixels: &Pixels, width: u32, height: u32) -> Result<Pixels> {
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
        false => Cow::Owned(pass(pixels, width, pixels.height)?),
    };
    match height == wide.height {
        true => Ok(wide.into_owned()),
        false => pass(&wide, width, height),
    }
}

/// One pass: only one of the sides changes.
fn pass(pixels: &Pixels, width: u32, height: u32) -> Result<Pixels> {
    let failed = |error: String| Error::new(Code::Internal, "", format!("resampling: {error}"));
    // By its type: of a picture without one, the code for every other type would be carried along.
    let source = TypedImageRef::<U8x3>::from_buffer(pixels.width, pixels.height, &pixels.rgb)
        .map_err(|error| failed(error.to_string()))?;
    let mut rgb = vec![0; width as usize * height as usize * 3];
    let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut rgb)
        .map_err(|error| failed(error.to_string()))?;
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(false);
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .map_err(|error| failed(error.to_string()))?;
    Ok(Pixels { width, height, rgb })
}
