//! The JPEG decoder (ITU-T T.81, Huffman-coded, 8 bits; T.871 and Adobe's colour marker).
//!
//! Decoders usually fill what is missing from a damaged file with grey, and a half-grey picture
//! would get a vector like any other. This one returns a picture only if every segment is well
//! formed and every block of every scan was read. Stray bytes before a marker and a missing end
//! marker are passed over, as nothing of the picture is missing. Its samples are those of libjpeg's
//! default settings, which the reference processor's pictures are decoded with, and the same
//! natively and in the browser.
//!
//! Why a decoder of our own, and not zune-jpeg: models read some 300 pixels, and this one decodes a
//! photo at a half, a quarter or an eighth of its size ([`scale`]), which zune-jpeg cannot; and
//! zune-jpeg's colours differ from libjpeg's by up to 5 of 255 in 4:2:0 files. Neither reads
//! arithmetic coding; here it is refused by name.

mod bits;
mod frame;
mod huffman;
mod idct;
mod markers;
mod output;
mod scale;
mod scan;

use image::metadata::Orientation;

use self::bits::Flaw;
use self::frame::{Component, Frame, NOT_SENT};
use self::huffman::Huffman;
use self::markers::SLACK;
use self::output::Colour;
use self::scan::{Part, ScanHeader, Tables};
use super::{DecodeLimits, Pixels};
use crate::{Code, Error, Result};

/// Progressive files send about ten scans. More than these only cost time.
const MOST_SCANS: usize = 100;

fn corrupt(message: &str) -> Error {
    Error::new(
        Code::ImageCorrupt,
        "",
        format!("the JPEG is truncated or damaged: {message}"),
    )
}

fn unsupported(what: &str) -> Error {
    Error::new(
        Code::ImageFormat,
        "",
        format!("this JPEG {what}, which is not read here; save it again as an ordinary JPEG"),
    )
}

/// Decodes a file to pixels, not yet turned, and the orientation that it asks for.
///
/// With `least` the picture is decoded at the smallest of 1, 1/2, 1/4 and 1/8 of its size at which
/// its short side has at least so many pixels. Sides are rounded up.
///
/// # Errors
/// [`Code::ImageEmpty`] and [`Code::ImageTooLarge`] from the frame header and `limits`,
/// [`Code::ImageFormat`] for kinds of JPEG that are not decoded, else [`Code::ImageCorrupt`].
pub(super) fn decode(
    bytes: &[u8],
    limits: &DecodeLimits,
    least: Option<u32>,
) -> Result<(Pixels, Orientation)> {
    let mut file = File {
        bytes,
        limits,
        least,
        quantisation: [None; 4],
        tables: Tables::default(),
        restart: 0,
        frame: None,
        scans: 0,
        is_jfif: false,
        adobe_transform: None,
        orientation: None,
    };
    let mut position = 2;
    loop {
        let Some((at, marker)) = markers::next(bytes, position, SLACK) else {
            // The marker that ends the file may be missing, as in libjpeg: all pixels are there.
            return match file.is_complete() {
                true => file.finish(),
                false => Err(corrupt("it ends before the end of the picture")),
            };
        };
        // Leftover bytes are forgiven after scan data alone; between other segments only fill
        // bytes and zeros may stand, or what follows may be anything.
        if file.scans == 0 && bytes[position..at].iter().any(|b| !matches!(b, 0 | 0xff)) {
            return Err(corrupt("there is stray data between its segments"));
        }
        position = at + 2;
        match marker {
            0xd9 => return file.finish(),
            // A restart marker after the last block is harmless.
            0xd0..=0xd7 if file.scans > 0 => continue,
            0x01 | 0xd0..=0xd8 => return Err(corrupt("a marker stands where none may")),
            _ => {}
        }
        let cut = || corrupt("it ends within a segment");
        let length = bytes.get(position..position + 2).ok_or_else(cut)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        if length < 2 {
            return Err(corrupt("a segment has no length"));
        }
        let segment = bytes.get(position + 2..position + length).ok_or_else(cut)?;
        position += length;
        match marker {
            0xc0..=0xc2 => file.frame_header(segment, marker == 0xc2)?,
            0xc4 => file.huffman_tables(segment)?,
            0xc3 | 0xc5..=0xc7 => return Err(unsupported("is lossless or hierarchical")),
            0xc8..=0xcf => return Err(unsupported("is arithmetically coded")),
            0xdb => file.quantisation_tables(segment)?,
            0xdc => return Err(unsupported("states its height after its data")),
            0xdd => match *segment {
                [a, b] => file.restart = u32::from(u16::from_be_bytes([a, b])),
                _ => return Err(corrupt("its restart interval is malformed")),
            },
            0xda => position = file.scan(segment, position)?,
            0xe0..=0xef => file.application(marker, segment),
            0xfe => {}
            _ => return Err(unsupported("has segments of an unknown kind")),
        }
    }
}

/// A file while its segments are read.
struct File<'a> {
    bytes: &'a [u8],
    limits: &'a DecodeLimits,
    least: Option<u32>,
    /// By rows, not zigzag.
    quantisation: [Option<[u16; 64]>; 4],
    tables: Tables,
    restart: u32,
    frame: Option<Frame>,
    scans: usize,
    is_jfif: bool,
    adobe_transform: Option<u8>,
    orientation: Option<Orientation>,
}

impl File<'_> {
    /// Keeps what application segments say about colour and orientation.
    fn application(&mut self, marker: u8, segment: &[u8]) {
        match (marker, segment) {
            (0xe0, [b'J', b'F', b'I', b'F', 0, ..]) if segment.len() >= 14 => self.is_jfif = true,
            (0xee, [b'A', b'd', b'o', b'b', b'e', ..]) if segment.len() >= 12 => {
                self.adobe_transform = Some(segment[11]);
            }
            (0xe1, [b'E', b'x', b'i', b'f', 0, 0, ..]) if self.orientation.is_none() => {
                self.orientation = Some(super::decode::orientation(segment));
            }
            _ => {}
        }
    }

    fn frame_header(&mut self, segment: &[u8], progressive: bool) -> Result<()> {
        if self.frame.is_some() {
            return Err(corrupt("it has two frames"));
        }
        let turned = self.orientation.is_some_and(super::decode::swaps_sides);
        let frame = Frame::read(segment, progressive, self.limits, self.least, turned)?;
        self.frame = Some(frame);
        Ok(())
    }

    fn huffman_tables(&mut self, mut rest: &[u8]) -> Result<()> {
        let bad = || corrupt("a Huffman table is malformed");
        while let [class_and_place, after @ ..] = rest {
            let (class, place) = (class_and_place >> 4, usize::from(class_and_place & 15));
            let (counts, after) = after.split_first_chunk::<16>().ok_or_else(bad)?;
            let total = counts
                .iter()
                .map(|&count| usize::from(count))
                .sum::<usize>();
            if class > 1 || place > 3 || total > 256 {
                return Err(bad());
            }
            let (values, after) = after.split_at_checked(total).ok_or_else(bad)?;
            let table = Some(Huffman::new(counts, values).ok_or_else(bad)?);
            match class {
                0 => self.tables.dc[place] = table,
                _ => self.tables.ac[place] = table,
            }
            rest = after;
        }
        Ok(())
    }

    fn quantisation_tables(&mut self, mut rest: &[u8]) -> Result<()> {
        let bad = || corrupt("a quantisation table is malformed");
        while let [precision_and_place, after @ ..] = rest {
            let bytes = match precision_and_place >> 4 {
                0 => 1,
                1 => 2,
                _ => return Err(bad()),
            };
            let place = usize::from(precision_and_place & 15);
            let (values, after) = after.split_at_checked(64 * bytes).ok_or_else(bad)?;
            let mut table = [0; 64];
            for (value, place) in values.chunks_exact(bytes).zip(scan::ZIGZAG) {
                table[usize::from(place)] = value
                    .iter()
                    .fold(0, |number, &byte| number << 8 | u16::from(byte));
            }
            *self.quantisation.get_mut(place).ok_or_else(bad)? = Some(table);
            rest = after;
        }
        Ok(())
    }

    /// Reads a scan's header and its data; returns where the next marker stands.
    fn scan(&mut self, segment: &[u8], data: usize) -> Result<usize> {
        self.scans += 1;
        if self.scans > MOST_SCANS {
            return Err(unsupported("has very many scans"));
        }
        let frame = self
            .frame
            .as_mut()
            .ok_or_else(|| corrupt("its data comes before its frame header"))?;
        let bad = || corrupt("a scan header is malformed");
        let (&count, rest) = segment.split_first().ok_or_else(bad)?;
        if !(1..=4).contains(&count) || rest.len() != usize::from(count) * 2 + 3 {
            return Err(bad());
        }
        let (names, range) = rest.split_at(usize::from(count) * 2);
        let mut header = ScanHeader {
            parts: Vec::new(),
            from: usize::from(range[0]),
            to: usize::from(range[1]),
            high: range[2] >> 4,
            low: range[2] & 15,
        };
        let mut blocks = 0;
        for name in names.chunks_exact(2) {
            let index = frame.components.iter().position(|c| c.id == name[0]);
            let index = index.ok_or_else(bad)?;
            let (dc, ac) = (usize::from(name[1] >> 4), usize::from(name[1] & 15));
            if dc > 3 || ac > 3 || header.parts.iter().any(|part| part.component == index) {
                return Err(bad());
            }
            let component = &mut frame.components[index];
            if component.sent[0] == NOT_SENT {
                component.quantisation = self.quantisation[component.table]
                    .ok_or_else(|| corrupt("a quantisation table is missing"))?;
            }
            blocks += component.h * component.v;
            header.parts.push(Part {
                component: index,
                dc,
                ac,
            });
        }
        if header.parts.len() > 1 && blocks > 10 {
            return Err(bad());
        }
        mark_sent(&header, frame).ok_or_else(|| corrupt("its scans are out of order"))?;
        scan::read(self.bytes, data, &header, frame, &self.tables, self.restart).map_err(|flaw| {
            corrupt(match flaw {
                Flaw::Short => "its data ends before the last pixel",
                Flaw::BadCode => "its data has codes that no encoder writes",
            })
        })
    }

    /// Whether everything was sent.
    fn is_complete(&self) -> bool {
        let is_sent = |component: &Component| component.sent == [0; 64];
        self.frame
            .as_ref()
            .is_some_and(|frame| frame.components.iter().all(is_sent))
    }

    /// At the end of the picture: everything must have been sent.
    fn finish(self) -> Result<(Pixels, Orientation)> {
        let (colour, is_complete) = (self.colour(), self.is_complete());
        let mut frame = self
            .frame
            .ok_or_else(|| corrupt("it has no frame header"))?;
        if !is_complete {
            return Err(corrupt("it ends before all of its scans"));
        }
        frame
            .components
            .iter_mut()
            .try_for_each(Component::finish)?;
        let pixels = Pixels {
            width: frame.width,
            height: frame.height,
            rgb: output::rgb(&frame, colour)?,
        };
        let orientation = self.orientation.unwrap_or(Orientation::NoTransforms);
        Ok((pixels, orientation))
    }

    /// How the components make a colour: by JFIF's and Adobe's markers, else by their names.
    fn colour(&self) -> Colour {
        let components = self
            .frame
            .as_ref()
            .map_or(&[][..], |frame| &frame.components);
        let names: Vec<u8> = components.iter().map(|c| c.id).collect();
        match (names.len(), self.adobe_transform) {
            (1, _) => Colour::Grey,
            (3, _) if self.is_jfif => Colour::YCbCr,
            (3, Some(0)) => Colour::Rgb,
            (3, None) if names == *b"RGB" => Colour::Rgb,
            (3, _) => Colour::YCbCr,
            (_, None | Some(0)) => Colour::Cmyk,
            _ => Colour::Ycck,
        }
    }
}

/// Marks what a scan sends. `None` if it may not be sent now: a sequential component comes once
/// and whole, a progressive one's bits in order, its DC coefficient first (T.81 G.1.1.1).
fn mark_sent(header: &ScanHeader, frame: &mut Frame) -> Option<()> {
    let ScanHeader {
        ref parts,
        from,
        to,
        high,
        low,
    } = *header;
    if !frame.progressive {
        for part in parts {
            let sent = &mut frame.components[part.component].sent;
            if *sent != [NOT_SENT; 64] {
                return None;
            }
            *sent = [0; 64];
        }
        return Some(());
    }
    let is_dc = from == 0;
    let is_band = match is_dc {
        true => to == 0,
        false => from <= to && to <= 63 && parts.len() == 1,
    };
    if !is_band || low > 13 || (high != 0 && low + 1 != high) {
        return None;
    }
    for part in parts {
        let sent = &mut frame.components[part.component].sent;
        if !is_dc && sent[0] == NOT_SENT {
            return None;
        }
        let before = if high == 0 { NOT_SENT } else { high };
        for bit in &mut sent[from..=to] {
            if *bit != before {
                return None;
            }
            *bit = low;
        }
    }
    Some(())
}
