//! What all image processors' files have in common.

use super::ImageSettings;
use crate::Result;
use crate::checkpoint::Section;
use crate::input::image::Resample;

/// Reads normalisation and resampling; what the file leaves out is as in `default`. What would change the
/// vectors and is not built is refused.
pub(crate) fn common(s: &Section<'_>, default: ImageSettings) -> Result<ImageSettings> {
    for field in ["do_resize", "do_rescale", "do_normalize", "do_convert_rgb"] {
        if s.boolean(field)? == Some(false) {
            return s.refuse(field, "images are always prepared in full here");
        }
    }
    if s.boolean("do_pad")? == Some(true) {
        return s.refuse("do_pad", "pictures are never padded here");
    }
    if (s.float("rescale_factor", 1.0 / 255.0)? * 255.0 - 1.0).abs() > 1e-4 {
        return s.refuse("rescale_factor", "only 1/255 is built here");
    }
    let resample = match s.number("resample")? {
        None => default.resample,
        Some(2) => Resample::Bilinear,
        Some(3) => Resample::Bicubic,
        Some(_) => {
            let why = "only bilinear (2) and bicubic (3) resampling are built here";
            return s.refuse("resample", why);
        }
    };
    let mean = s.three("image_mean", default.mean)?;
    if !mean.iter().all(|m| m.is_finite()) {
        return s.refuse("image_mean", "it must be finite numbers");
    }
    let std = s.three("image_std", default.std)?;
    if !std.iter().all(|d| d.is_finite() && *d > 0.0) {
        return s.refuse("image_std", "it must be positive numbers");
    }
    Ok(ImageSettings {
        mean,
        std,
        resample,
        ..default
    })
}
