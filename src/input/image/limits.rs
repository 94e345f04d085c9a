//! How large a picture may be, checked from its header before any pixel is decoded.

use crate::{Code, Error, Result};

/// What decoding one picture may cost.
///
/// A few hundred bytes of PNG can ask for gigabytes of pixels; both limits are compared with
/// what the header announces, before memory for it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Pixels, width times height, of the picture as it is decoded: scaled, if that is asked for.
    pub max_pixels: u64,
    /// Bytes that decoding may hold at its peak beside the file itself: the pixels, the
    /// decoder's own planes and tables, and the copy that turning a picture takes.
    pub max_bytes: u64,
    /// Bytes of the file.
    pub max_file_bytes: u64,
}

impl Default for DecodeLimits {
    /// 100 megapixels, 1 GiB while decoding, files of up to 256 MiB.
    fn default() -> Self {
        Self {
            max_pixels: 100_000_000,
            max_bytes: 1 << 30,
            max_file_bytes: 256 << 20,
        }
    }
}

impl DecodeLimits {
    /// Refuses a picture of `width` × `height` that needs about `bytes` to decode.
    ///
    /// # Errors
    /// [`Code::ImageEmpty`] or [`Code::ImageTooLarge`], without a subject.
    pub(super) fn admit(&self, width: u32, height: u32, bytes: u64) -> Result<()> {
        self.admit_scaled(width, height, 1, bytes)
    }

    /// [`admit`](Self::admit) for a picture whose sides are divided by `divisor` as it is decoded.
    ///
    /// # Errors
    /// Those of [`admit`](Self::admit).
    pub(super) fn admit_scaled(
        &self,
        width: u32,
        height: u32,
        divisor: u32,
        bytes: u64,
    ) -> Result<()> {
        if width == 0 || height == 0 {
            return Err(Error::new(
                Code::ImageEmpty,
                "",
                format!("the image is {width} × {height} pixels: there is nothing to see"),
            ));
        }
        let scaled = match divisor {
            1 => String::new(),
            _ => format!(" at 1/{divisor} of its size"),
        };
        let side = |pixels: u32| u64::from(pixels.div_ceil(divisor));
        let pixels = side(width) * side(height);
        if pixels > self.max_pixels {
            return Err(Error::new(
                Code::ImageTooLarge,
                "",
                format!(
                    "the image is {width} × {height}, {:.1} megapixels{scaled}; the limit is {:.1}: \
                     make it smaller, or raise the limit",
                    pixels as f64 / 1e6,
                    self.max_pixels as f64 / 1e6
                ),
            ));
        }
        if bytes > self.max_bytes.min(isize::MAX as u64) {
            return Err(Error::new(
                Code::ImageTooLarge,
                "",
                format!(
                    "decoding {width} × {height} pixels{scaled} takes about {} MiB; the limit is {} MiB: \
                     make the image smaller, or raise the limit",
                    bytes.div_ceil(1 << 20),
                    self.max_bytes >> 20
                ),
            ));
        }
        Ok(())
    }

    /// Refuses a file of `bytes`.
    ///
    /// # Errors
    /// [`Code::ImageTooLarge`], without a subject.
    pub(super) fn admit_file(&self, bytes: usize) -> Result<()> {
        if bytes as u64 > self.max_file_bytes {
            return Err(Error::new(
                Code::ImageTooLarge,
                "",
                format!(
                    "the file has {} MiB; the limit is {} MiB",
                    bytes >> 20,
                    self.max_file_bytes >> 20
                ),
            ));
        }
        Ok(())
    }
}

/// A buffer of `length` zeros, or an error where memory does not suffice.
///
/// # Errors
/// [`Code::ImageTooLarge`], without a subject.
pub(super) fn buffer<T: Copy>(length: usize, zero: T) -> Result<Vec<T>> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(length).map_err(|error| {
        Error::new(
            Code::ImageTooLarge,
            "",
            "there is not enough memory to decode the image: make it smaller",
        )
        .with_source(error)
    })?;
    buffer.resize(length, zero);
    Ok(buffer)
}
