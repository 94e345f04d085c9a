//! Small pictures inside of a page.

use std::path::Path;

use agff::input::image::{self as input, DecodeLimits};
use agff::{Code, Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use crate::inputs;

/// Most pixels on a side.
const SIDE: u32 = 160;

/// The photo, reduced, as a `data:` URL of a PNG.
///
/// # Errors
/// What is wrong with the file.
pub fn thumbnail(path: &Path) -> Result<String> {
    let name = path.display().to_string();
    let bytes = inputs::read(path)?;
    let pixels = input::decode(&name, &bytes, &DecodeLimits::default())?;
    let (width, height) = fit(pixels.width, pixels.height);
    let small = input::resize(&pixels, width, height)?;
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive)
        .write_image(&small.rgb, width, height, ExtendedColorType::Rgb8)
        .map_err(|error| {
            let message = format!("cannot be written as PNG: {error}");
            Error::new(Code::Internal, name, message).with_source(error)
        })?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png)))
}

/// The size at which a picture fits, its shape kept; never larger than it is.
fn fit(width: u32, height: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= SIDE {
        return (width, height);
    }
    let side = |n: u32| {
        let reduced = (u64::from(n) * u64::from(SIDE)).div_ceil(u64::from(longest));
        u32::try_from(reduced).unwrap_or(SIDE).max(1)
    };
    (side(width), side(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_shape_and_are_never_enlarged() {
        for (size, small) in [
            ((100, 20), (100, 20)),
            ((160, 160), (160, 160)),
            ((320, 160), (160, 80)),
            ((1000, 4000), (40, 160)),
            ((100_000, 1), (160, 1)),
        ] {
            assert_eq!(fit(size.0, size.1), small);
        }
    }
}
