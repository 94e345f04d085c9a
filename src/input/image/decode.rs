//! From the bytes of a file to upright RGB pixels.
//!
//! What a picture becomes, and why:
//!
//! - **Orientation**: the EXIF tag is applied, in JPEG, PNG and WebP.
//! - **Alpha** is laid over white: `(c·a + 255·(255 − a)) / 255`, rounded.
//! - **16 bits** become 8 by keeping the high byte, as Pillow does when it opens such a PNG.
//! - **Grey** is repeated in the three channels; palettes and small depths are expanded.
//! - **CMYK and YCCK** JPEG are read as Adobe writes them (inverted), `R = C'·K'/255`.
//! - **Animations** give their first frame; what it does not cover is white.
//! - Colour profiles and gamma are not applied, as the reference processor applies none.

use std::io::Cursor;

use image::codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, Limits};

use super::formats::Format;
use super::{DecodeLimits, Pixels, containers, jpeg, limits};
use crate::{Code, Error, Result};

/// Decodes a JPEG, PNG, WebP or GIF file. The format is told by the content; `name` is only for
/// messages.
///
/// # Errors
/// All name the file. [`Code::ImageFormat`] for something else than these formats,
/// [`Code::ImageCorrupt`] for a file that is truncated or damaged (a partial picture is never
/// returned), [`Code::ImageEmpty`] for zero width or height, and [`Code::ImageTooLarge`] for
/// what `limits` forbid, found before memory is taken for it.
pub fn decode(name: &str, bytes: &[u8], limits: &DecodeLimits) -> Result<Pixels> {
    decode_scaled(name, bytes, limits, None)
}

/// [`decode`], but a JPEG may come smaller, which takes less time and memory: at the smallest of
/// 1, 1/2, 1/4 and 1/8 of its size at which the short side has at least `least_side` pixels. Sides
/// are rounded up. `limits` are compared with the smaller picture.
///
/// Other formats, and `None`, give the whole picture. A model family says in
/// [`Preprocessing::scaled_input`](crate::families::Preprocessing::scaled_input) what it wants.
///
/// # Errors
/// Those of [`decode`].
pub fn decode_scaled(
    name: &str,
    bytes: &[u8],
    limits: &DecodeLimits,
    least_side: Option<u32>,
) -> Result<Pixels> {
    decode_unnamed(bytes, limits, least_side).map_err(|error| error.about(name))
}

fn decode_unnamed(bytes: &[u8], limits: &DecodeLimits, least_side: Option<u32>) -> Result<Pixels> {
    let format = Format::of(bytes)?;
    limits.admit_file(bytes.len())?;
    let failed = |error| decoder_error(format, error);
    let cursor = Cursor::new(bytes);
    // Decoders are lenient, and one that meets a broken file may stop the program: a file is
    // checked before its decoder sees it, or read by a strict one.
    match format {
        Format::Jpeg => {
            let (pixels, orientation) = jpeg::decode(bytes, limits, least_side)?;
            Ok(upright(pixels, orientation))
        }
        Format::Png => {
            let png = containers::check_png(bytes, limits)?;
            let plain = png.plain(bytes);
            let inner = decoder_limits(limits);
            let decoder = PngDecoder::with_limits(Cursor::new(&*plain), inner).map_err(failed)?;
            read(format, decoder, png.exif, limits)
        }
        Format::Gif => {
            containers::check_gif(bytes, limits)?;
            let decoder = GifDecoder::new(cursor).map_err(failed)?;
            read(format, decoder, None, limits)
        }
        Format::WebP => {
            let exif = containers::check_webp(bytes, limits)?;
            let decoder = WebPDecoder::new(cursor).map_err(failed)?;
            read(format, decoder, exif, limits)
        }
    }
}

/// Pixels that were decoded elsewhere, such as a canvas's: `rgba` is `[height, width, 4]`, not
/// premultiplied; alpha is laid over white.
///
/// # Errors
/// All name the picture: [`Code::ImageEmpty`], [`Code::ImageTooLarge`], and [`Code::Input`] if
/// the buffer is not as long as the size says.
pub fn pixels_from_rgba(
    name: &str,
    width: u32,
    height: u32,
    mut rgba: Vec<u8>,
    limits: &DecodeLimits,
) -> Result<Pixels> {
    let bytes = rgba.len();
    limits
        .admit(width, height, bytes as u64)
        .map_err(|error| error.about(name))?;
    let pixels = bytes / 4;
    if u64::from(width) * u64::from(height) * 4 != bytes as u64
        || to_rgb(&mut rgba, pixels, ColorType::Rgba8).is_none()
    {
        return Err(Error::new(
            Code::Input,
            name,
            format!("{width} × {height} RGBA pixels do not have {bytes} bytes"),
        ));
    }
    Ok(Pixels {
        width,
        height,
        rgb: rgba,
    })
}

/// What EXIF data says about the orientation. Data that cannot be read leaves the picture as it
/// lies, as in other viewers.
pub(super) fn orientation(exif: &[u8]) -> Orientation {
    // Some writers repeat JPEG's name of the segment before the data.
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms)
}

/// The decoder library's own limits: what it takes beside the pixels.
fn decoder_limits(limits: &DecodeLimits) -> Limits {
    let mut inner = Limits::no_limits();
    inner.max_alloc = Some(limits.max_bytes);
    inner
}

/// Takes the pixels out of `decoder`.
fn read(
    format: Format,
    mut decoder: impl ImageDecoder,
    exif: Option<&[u8]>,
    limits: &DecodeLimits,
) -> Result<Pixels> {
    let failed = |error| decoder_error(format, error);
    decoder.set_limits(decoder_limits(limits)).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let colour = decoder.color_type();
    let orientation = exif.map_or(Orientation::NoTransforms, orientation);

    // One buffer serves the decoder's samples and the RGB made from them in place.
    let pixels = u64::from(width) * u64::from(height);
    let decoded = decoder.total_bytes();
    let buffer = decoded.max(pixels * 3);
    let turned = if swaps_sides(orientation) {
        pixels * 3
    } else {
        0
    };
    limits.admit(width, height, buffer.saturating_add(turned))?;
    let mut rgb = limits::buffer(buffer as usize, 0)?;
    decoder
        .read_image(&mut rgb[..decoded as usize])
        .map_err(failed)?;
    to_rgb(&mut rgb, pixels as usize, colour).ok_or_else(|| {
        Error::new(
            Code::ImageFormat,
            "",
            format!("its colour type {colour:?} is not read here"),
        )
    })?;
    Ok(upright(Pixels { width, height, rgb }, orientation))
}

/// A decoder's error in our words.
fn decoder_error(format: Format, error: ImageError) -> Error {
    let name = format.name();
    let (code, message) = match &error {
        ImageError::Limits(_) => (
            Code::ImageTooLarge,
            format!("decoding this {name} takes more memory than the limit allows"),
        ),
        ImageError::Unsupported(what) => (
            Code::ImageFormat,
            format!("this kind of {name} is not read here ({what}); save it again as JPEG or PNG"),
        ),
        other => (
            Code::ImageCorrupt,
            format!("the {name} is truncated or damaged: {other}"),
        ),
    };
    Error::new(code, "", message).with_source(error)
}

/// `c` over white at opacity `a`, rounded to the nearest.
#[inline]
fn over_white(c: u8, a: u8) -> u8 {
    let t = u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a)) + 128;
    ((t + (t >> 8)) >> 8) as u8
}

/// The high byte of a 16-bit sample in memory order.
#[inline]
fn high(bytes: [u8; 2]) -> u8 {
    (u16::from_ne_bytes(bytes) >> 8) as u8
}

/// Turns `pixels` samples of `colour` at the start of `buffer` into RGB, in place, and cuts the
/// buffer to their length. `None` for a colour type that no decoder here gives.
fn to_rgb(buffer: &mut Vec<u8>, pixels: usize, colour: ColorType) -> Option<()> {
    /// Wider samples shrink: each is read before the narrower one is written, left to right.
    fn shrink<const N: usize>(buffer: &mut [u8], pixels: usize, f: impl Fn([u8; N]) -> [u8; 3]) {
        for i in 0..pixels {
            let mut sample = [0; N];
            sample.copy_from_slice(&buffer[i * N..][..N]);
            buffer[i * 3..][..3].copy_from_slice(&f(sample));
        }
    }
    /// Narrower samples grow, right to left for the same reason.
    fn grow<const N: usize>(buffer: &mut [u8], pixels: usize, f: impl Fn([u8; N]) -> [u8; 3]) {
        for i in (0..pixels).rev() {
            let mut sample = [0; N];
            sample.copy_from_slice(&buffer[i * N..][..N]);
            buffer[i * 3..][..3].copy_from_slice(&f(sample));
        }
    }
    let alpha = |[r, g, b, a]: [u8; 4]| match a {
        255 => [r, g, b],
        _ => [over_white(r, a), over_white(g, a), over_white(b, a)],
    };
    let grey_alpha = |[l, a]: [u8; 2]| [over_white(l, a); 3];
    match colour {
        ColorType::Rgb8 => {}
        ColorType::Rgba8 => shrink(buffer, pixels, alpha),
        ColorType::L8 => grow(buffer, pixels, |[l]| [l; 3]),
        ColorType::La8 => grow(buffer, pixels, grey_alpha),
        ColorType::L16 => grow(buffer, pixels, |l| [high(l); 3]),
        ColorType::La16 => shrink(buffer, pixels, |[l0, l1, a0, a1]| {
            grey_alpha([high([l0, l1]), high([a0, a1])])
        }),
        ColorType::Rgb16 => shrink(buffer, pixels, |[r0, r1, g0, g1, b0, b1]| {
            [high([r0, r1]), high([g0, g1]), high([b0, b1])]
        }),
        ColorType::Rgba16 => shrink(buffer, pixels, |[r0, r1, g0, g1, b0, b1, a0, a1]| {
            alpha([
                high([r0, r1]),
                high([g0, g1]),
                high([b0, b1]),
                high([a0, a1]),
            ])
        }),
        _ => return None,
    }
    buffer.truncate(pixels * 3);
    Some(())
}

/// Whether a picture's width becomes its height.
pub(super) fn swaps_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// Turns the picture as its EXIF orientation asks.
fn upright(mut pixels: Pixels, orientation: Orientation) -> Pixels {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let stride = pixels.stride();
    // Where pixel (x, y) of the turned picture comes from: flips of the source's axes, after
    // they are swapped or not.
    let (flip_x, flip_y) = match orientation {
        Orientation::NoTransforms | Orientation::Rotate90FlipH => (false, false),
        Orientation::FlipHorizontal | Orientation::Rotate270 => (true, false),
        Orientation::FlipVertical | Orientation::Rotate90 => (false, true),
        Orientation::Rotate180 | Orientation::Rotate270FlipH => (true, true),
    };
    if !swaps_sides(orientation) {
        if flip_y {
            let (mut top, mut bottom) = (0, height - 1);
            while top < bottom {
                let (above, below) = pixels.rgb.split_at_mut(bottom * stride);
                above[top * stride..][..stride].swap_with_slice(&mut below[..stride]);
                top += 1;
                bottom -= 1;
            }
        }
        if flip_x {
            for row in pixels.rgb.chunks_exact_mut(stride) {
                let (mut left, mut right) = (0, width - 1);
                while left < right {
                    for channel in 0..3 {
                        row.swap(left * 3 + channel, right * 3 + channel);
                    }
                    left += 1;
                    right -= 1;
                }
            }
        }
        return pixels;
    }
    let mut rgb = Vec::with_capacity(pixels.rgb.len());
    for x in 0..width {
        let column = if flip_x { width - 1 - x } else { x };
        for y in 0..height {
            let row = if flip_y { height - 1 - y } else { y };
            let at = row * stride + column * 3;
            rgb.extend_from_slice(&pixels.rgb[at..at + 3]);
        }
    }
    Pixels {
        width: pixels.height,
        height: pixels.width,
        rgb,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation_turns_as_the_decoder_librarys_own() {
        let rgb: Vec<u8> = (0..2 * 3 * 3).collect();
        for exif in 1..=8 {
            let orientation = Orientation::from_exif(exif).unwrap();
            let picture = Pixels {
                width: 3,
                height: 2,
                rgb: rgb.clone(),
            };
            let turned = upright(picture, orientation);
            let buffer = image::RgbImage::from_raw(3, 2, rgb.clone()).unwrap();
            let mut known = image::DynamicImage::ImageRgb8(buffer);
            known.apply_orientation(orientation);
            assert_eq!(
                (turned.width, turned.height),
                (known.width(), known.height()),
                "{exif}"
            );
            assert_eq!(turned.rgb, known.into_rgb8().into_raw(), "{exif}");
        }
    }

    #[test]
    fn rgba_pixels_are_laid_over_white_and_must_fit_their_size() {
        let limits = DecodeLimits::default();
        let rgba = vec![10, 20, 30, 255, 10, 20, 30, 0];
        let pixels = pixels_from_rgba("canvas", 2, 1, rgba.clone(), &limits).unwrap();
        assert_eq!(pixels.rgb, [10, 20, 30, 255, 255, 255]);
        for (width, height, code) in [
            (1, 1, Code::Input),
            (2, 2, Code::Input),
            (0, 2, Code::ImageEmpty),
            (1 << 16, 1 << 16, Code::ImageTooLarge),
        ] {
            let error = pixels_from_rgba("canvas", width, height, rgba.clone(), &limits);
            let error = error.unwrap_err();
            assert_eq!((error.code(), error.subject()), (code, "canvas"));
        }
    }

    #[test]
    fn the_segment_name_before_exif_data_is_passed_over() {
        let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let named = [b"Exif\0\0".as_slice(), exif].concat();
        assert_eq!(orientation(exif), Orientation::Rotate90);
        assert_eq!(orientation(&named), Orientation::Rotate90);
        assert_eq!(orientation(b"nothing"), Orientation::NoTransforms);
    }

    #[test]
    fn alpha_over_white_is_rounded_to_the_nearest() {
        for c in 0..=255_u8 {
            for a in 0..=255_u8 {
                let exact = f64::from(c) * f64::from(a) + 255.0 * (255.0 - f64::from(a));
                assert_eq!(
                    f64::from(over_white(c, a)),
                    (exact / 255.0).round(),
                    "{c} {a}"
                );
            }
        }
    }
}
