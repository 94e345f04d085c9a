//! Checks that PNG, GIF and WebP files are whole before they are decoded.
//!
//! Each check walks the file's own skeleton (chunks, blocks) to its end, so that a file that was
//! cut anywhere is refused, and reads the sizes that limits apply to.

use std::borrow::Cow;
use std::ops::Range;

use super::limits::DecodeLimits;
use crate::{Code, Error, Result};

fn corrupt(format: &str, message: &str) -> Error {
    Error::new(
        Code::ImageCorrupt,
        "",
        format!("the {format} is truncated or damaged: {message}"),
    )
}

fn le16(bytes: &[u8]) -> u32 {
    u32::from(u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn le24(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])
}

/// What is in a PNG file beside its pixels.
#[derive(Debug, Default)]
pub(super) struct Png<'a> {
    /// The EXIF chunk, which may come after the picture data.
    pub exif: Option<&'a [u8]>,
    /// Where the chunks of colour profiles lie, which are of no use here and unpack to any size.
    pub profiles: Vec<Range<usize>>,
}

impl Png<'_> {
    /// The file without its colour profiles.
    pub fn plain<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.profiles.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut plain = bytes.to_vec();
        for profile in self.profiles.iter().rev() {
            plain.drain(profile.clone());
        }
        Cow::Owned(plain)
    }
}

/// Walks the chunks of a PNG file (ISO/IEC 15948, clause 5) to `IEND`. Their checksums are left
/// to the decoder.
///
/// # Errors
/// [`Code::ImageEmpty`], [`Code::ImageTooLarge`] or [`Code::ImageCorrupt`].
pub(super) fn check_png<'a>(bytes: &'a [u8], limits: &DecodeLimits) -> Result<Png<'a>> {
    const SIGNATURE: usize = 8;
    let bad = |message| corrupt("PNG", message);
    let mut position = SIGNATURE;
    let mut has_data = false;
    let mut png = Png::default();
    loop {
        let Some(head) = bytes.get(position..position + 8) else {
            return Err(bad("it ends before its last chunk"));
        };
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let data = (position + 8)
            .checked_add(length)
            .filter(|end| end.checked_add(4).is_some_and(|end| end <= bytes.len()))
            .and_then(|end| bytes.get(position + 8..end))
            .ok_or_else(|| bad("it ends within a chunk"))?;
        match (position, &head[4..]) {
            (SIGNATURE, b"IHDR") => {
                let &[w3, w2, w1, w0, h3, h2, h1, h0, depth, colour, ..] = data else {
                    return Err(bad("its header is too short"));
                };
                let width = u32::from_be_bytes([w3, w2, w1, w0]);
                let height = u32::from_be_bytes([h3, h2, h1, h0]);
                // Decoded samples: palettes become RGB or RGBA, small depths 8 bits, and a
                // transparent colour an alpha channel. Two rows are held beside them.
                let channels = match colour {
                    0 | 4 => 2,
                    _ => 4,
                };
                let pixel = (channels * if depth == 16 { 2 } else { 1 }).max(3);
                let bytes = u64::from(width) * (u64::from(height) + 2);
                limits.admit(width, height, bytes.saturating_mul(pixel))?;
            }
            (SIGNATURE, _) => return Err(bad("its first chunk is not its header")),
            // The decoder reads whole colours without looking.
            (_, b"PLTE") if !matches!(length, 3..=768) || !length.is_multiple_of(3) => {
                return Err(bad("its palette is malformed"));
            }
            (_, b"IDAT") => has_data = true,
            (_, b"eXIf") => png.exif = Some(data),
            (_, b"iCCP") => png.profiles.push(position..position + 12 + length),
            (_, b"IEND") if has_data => return Ok(png),
            (_, b"IEND") => return Err(bad("it has no picture data")),
            _ => {}
        }
        position += 12 + length;
    }
}

/// Walks the blocks of a GIF file (GIF89a specification) to its trailer.
///
/// # Errors
/// [`Code::ImageEmpty`], [`Code::ImageTooLarge`] or [`Code::ImageCorrupt`].
pub(super) fn check_gif(bytes: &[u8], limits: &DecodeLimits) -> Result<()> {
    let bad = |message| corrupt("GIF", message);
    let cut = || bad("it ends before its trailer");
    let table = |flags: u8| match flags & 0x80 {
        0 => 0,
        _ => 3 << ((flags & 7) + 1),
    };
    let screen = bytes.get(6..13).ok_or_else(cut)?;
    let (width, height) = (le16(screen), le16(&screen[2..]));
    let canvas = u64::from(width) * u64::from(height) * 4;
    limits.admit(width, height, canvas)?;
    let global_table = table(screen[4]);
    let mut position = 13 + global_table;
    let mut frames = 0;
    loop {
        match *bytes.get(position).ok_or_else(cut)? {
            0x3b if frames > 0 => return Ok(()),
            0x3b => return Err(bad("it has no picture")),
            0x21 => position = sub_blocks(bytes, position + 2).ok_or_else(cut)?,
            0x2c => {
                let frame = bytes.get(position + 1..position + 10).ok_or_else(cut)?;
                // Only the first frame is decoded; the others need only be whole.
                if frames == 0 {
                    let (left, top) = (le16(frame), le16(&frame[2..]));
                    let (w, h) = (le16(&frame[4..]), le16(&frame[6..]));
                    // The frame is decoded beside the canvas, from one byte per pixel to four.
                    let held = u64::from(w) * u64::from(h) * 5;
                    limits.admit(w, h, canvas + held)?;
                    if left + w > width || top + h > height {
                        return Err(bad("its picture lies outside of its screen"));
                    }
                    if global_table == 0 && table(frame[8]) == 0 {
                        return Err(bad("it has no colours"));
                    }
                }
                frames += 1;
                // The colour table, then the LZW code size.
                position = sub_blocks(bytes, position + 11 + table(frame[8])).ok_or_else(cut)?;
            }
            // Some writers pad between blocks.
            0 => position += 1,
            _ => return Err(bad("an unknown block follows its picture")),
        }
    }
}

/// Passes a chain of data blocks; returns what comes after its terminator.
fn sub_blocks(bytes: &[u8], mut position: usize) -> Option<usize> {
    loop {
        match *bytes.get(position)? {
            0 => return Some(position + 1),
            length => position += 1 + usize::from(length),
        }
    }
}

/// Walks the chunks of a WebP file (RFC 9649) to the end that its header announces. Returns the
/// EXIF chunk.
///
/// # Errors
/// [`Code::ImageEmpty`], [`Code::ImageTooLarge`] or [`Code::ImageCorrupt`].
pub(super) fn check_webp<'a>(bytes: &'a [u8], limits: &DecodeLimits) -> Result<Option<&'a [u8]>> {
    let bad = |message| corrupt("WebP", message);
    let announced = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
    let end = announced
        .checked_add(8)
        .filter(|end| *end <= bytes.len())
        .ok_or_else(|| bad("it is shorter than its header says"))?;
    let mut pictures = 0;
    let mut exif = None;
    for chunk in Chunks::new(&bytes[12.min(end)..end]) {
        let (name, data) = chunk.ok_or_else(|| bad("it ends within a chunk"))?;
        let short = || bad("a chunk is too short");
        match name {
            b"VP8X" => {
                let canvas = data.get(4..10).ok_or_else(short)?;
                admit_webp(limits, le24(canvas) + 1, le24(&canvas[3..]) + 1)?;
            }
            b"EXIF" => exif = Some(data),
            b"VP8 " | b"VP8L" => {
                pictures += 1;
                check_webp_picture(name, data, limits)?;
            }
            b"ANMF" => {
                pictures += 1;
                // Position, size, duration and flags come before the frame's own chunks.
                let frame = data.get(16..).ok_or_else(short)?;
                let mut has_picture = false;
                for chunk in Chunks::new(frame) {
                    let (name, data) = chunk.ok_or_else(|| bad("it ends within a frame"))?;
                    if matches!(name, b"VP8 " | b"VP8L") {
                        has_picture = true;
                        check_webp_picture(name, data, limits)?;
                    }
                }
                if !has_picture {
                    return Err(bad("a frame has no picture"));
                }
            }
            _ => {}
        }
    }
    match pictures {
        0 => Err(bad("it has no picture")),
        _ => Ok(exif),
    }
}

/// RGBA, the planes that lossy pictures are decoded into, and a frame beside the canvas.
fn admit_webp(limits: &DecodeLimits, width: u32, height: u32) -> Result<()> {
    let pixels = u64::from(width) * u64::from(height);
    limits.admit(width, height, pixels.saturating_mul(4 + 4 + 2))
}

/// Checks the size and the partitions of one bitstream (RFC 6386, section 9; RFC 9649, 3.4).
fn check_webp_picture(name: &[u8; 4], data: &[u8], limits: &DecodeLimits) -> Result<()> {
    let bad = |message| corrupt("WebP", message);
    let short = || bad("its picture data is too short");
    let (width, height) = if name == b"VP8L" {
        let head = data.get(..5).ok_or_else(short)?;
        let bits = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
        ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
    } else {
        let head = data.get(..10).ok_or_else(short)?;
        let first_partition = (le24(head) >> 5) as usize;
        if data.len() - 10 < first_partition {
            return Err(short());
        }
        (le16(&head[6..]) & 0x3fff, le16(&head[8..]) & 0x3fff)
    };
    admit_webp(limits, width, height)
}

/// The chunks of a RIFF body: name and data, `None` for one that is cut.
struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Chunks<'a> {
    fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Option<(&'a [u8; 4], &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let rest = std::mem::take(&mut self.rest);
        let cut = || {
            let (name, after) = rest.split_first_chunk::<4>()?;
            let (length, after) = after.split_first_chunk::<4>()?;
            let length = u32::from_le_bytes(*length) as usize;
            let (data, after) = after.split_at_checked(length)?;
            // Chunks are padded to even lengths; the last one's padding may be missing.
            let after = if length % 2 == 1 {
                after.get(1..).unwrap_or_default()
            } else {
                after
            };
            Some((name, data, after))
        };
        Some(cut().map(|(name, data, after)| {
            self.rest = after;
            (name, data)
        }))
    }
}
