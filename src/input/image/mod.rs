//! Decoding, orientation and resampling.
//!
//! A file goes through two rooms, each with one way in:
//!
//! 1. [`decode`] recognises the format by its content, checks sizes against [`DecodeLimits`]
//!    from the header, makes sure that the file is whole, decodes it, turns it upright and makes it
//!    plain RGB: [`Pixels`].
//! 2. [`resize`] resamples to the size that the model reads.
//!
//! Which size that is, and how the picture is cut into patches, is the model family's own
//! ([`Preprocessing`](crate::families::Preprocessing)).
//!
//! The same code runs natively and in the browser, so that one photo has one vector.

mod containers;
mod decode;
mod formats;
mod jpeg;
mod limits;
mod resize;

pub use decode::{decode, decode_scaled, pixels_from_rgba};
pub use limits::DecodeLimits;
pub use resize::{Resample, resample, resize};

/// An upright RGB picture, 8 bits per channel, row by row from the top left.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `[height, width, 3]`, red first.
    pub rgb: Vec<u8>,
}

impl Pixels {
    /// Bytes of one row.
    pub(crate) fn stride(&self) -> usize {
        self.width as usize * 3
    }

    /// Whether the buffer is as long as the size says and the size is not empty.
    pub(crate) fn is_consistent(&self) -> bool {
        let values = u64::from(self.width) * u64::from(self.height) * 3;
        values > 0 && self.rgb.len() as u64 == values
    }
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({} × {})", self.width, self.height)
    }
}
