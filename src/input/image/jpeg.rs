//! Checks that a JPEG file (ITU-T T.81) is whole before it is decoded.
//!
//! Goes through the segments from the start to the end of the picture, checks every table and
//! header that the decoder will rely on, and walks every scan ([`super::scan`]). What passes is
//! complete; what does not is refused with the reason. Nothing here keeps pixels.

use super::bits::{Flaw, Huffman};
use super::limits::DecodeLimits;
use super::scan::{self, Component, Frame, NOT_SENT, ScanHeader, Tables};
use crate::{Code, Error, Result};

/// Progressive files send about ten scans; this many are refused, as they only cost time.
const MOST_SCANS: usize = 64;

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

/// Checks the file from its first to its last segment.
///
/// # Errors
/// [`Code::ImageEmpty`] and [`Code::ImageTooLarge`] from the frame header and `limits`,
/// [`Code::ImageFormat`] for kinds of JPEG that are not decoded, else [`Code::ImageCorrupt`].
pub(super) fn check(bytes: &[u8], limits: &DecodeLimits) -> Result<()> {
    let mut file = File {
        bytes,
        limits,
        quantisation: [false; 4],
        tables: Tables::default(),
        restart: 0,
        frame: None,
        scans: 0,
    };
    let mut position = 2;
    loop {
        let (at, marker) = scan::next_marker(bytes, position)
            .ok_or_else(|| corrupt("it ends before the end of the picture"))?;
        // Leftover bytes are forgiven after scan data alone; between segments only fill bytes
        // and zeros may stand, or what follows may be anything.
        let between = &bytes[position..at];
        if file.scans == 0 && between.iter().any(|b| !matches!(b, 0 | 0xff)) {
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
        let length = bytes
            .get(position..position + 2)
            .map(|l| usize::from(u16::from_be_bytes([l[0], l[1]])))
            .ok_or_else(|| corrupt("it ends within a segment"))?;
        if length < 2 {
            return Err(corrupt("a segment has no length"));
        }
        let segment = bytes
            .get(position + 2..position + length)
            .ok_or_else(|| corrupt("it ends within a segment"))?;
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
            // Application data and comments. Of these only the orientation and the colour
            // transform matter, and the decoder reads them itself.
            0xe0..=0xef | 0xfe => {}
            _ => return Err(unsupported("has segments of an unknown kind")),
        }
    }
}

struct File<'a> {
    bytes: &'a [u8],
    limits: &'a DecodeLimits,
    quantisation: [bool; 4],
    tables: Tables,
    restart: u32,
    frame: Option<Frame>,
    scans: usize,
}

impl File<'_> {
    fn frame_header(&mut self, segment: &[u8], progressive: bool) -> Result<()> {
        if self.frame.is_some() {
            return Err(corrupt("it has two frames"));
        }
        let [precision, h1, h0, w1, w0, count, parts @ ..] = segment else {
            return Err(corrupt("its frame header is too short"));
        };
        if *precision != 8 {
            return Err(unsupported("does not have 8 bits per sample"));
        }
        let height = u32::from(u16::from_be_bytes([*h1, *h0]));
        let width = u32::from(u16::from_be_bytes([*w1, *w0]));
        if !matches!(count, 1 | 3 | 4) {
            return Err(unsupported("has neither 1, 3 nor 4 colour components"));
        }
        if parts.len() != usize::from(*count) * 3 {
            return Err(corrupt("its frame header has the wrong length"));
        }
        // Coefficients of progressive pictures are kept, two bytes each, and the walk keeps
        // eight bytes for a block of 64.
        let samples = u64::from(width) * u64::from(height) * u64::from(*count);
        let held = if progressive { samples * 17 / 8 } else { 0 };
        self.limits.admit(width, height, samples + held)?;

        let factors = |part: &[u8]| (u32::from(part[1] >> 4), u32::from(part[1] & 15));
        let parts: Vec<&[u8]> = parts.chunks_exact(3).collect();
        if parts
            .iter()
            .any(|part| !matches!(factors(part), (1..=4, 1..=4)) || part[2] > 3)
        {
            return Err(corrupt("its frame header states impossible sampling"));
        }
        let ids: Vec<u8> = parts.iter().map(|part| part[0]).collect();
        if (1..ids.len()).any(|i| ids[..i].contains(&ids[i])) {
            return Err(corrupt("two of its components have one name"));
        }
        // One component is never interleaved: its factors mean nothing.
        let single = parts.len() == 1;
        let factors = |part: &[u8]| if single { (1, 1) } else { factors(part) };
        let h_max = parts.iter().map(|p| factors(p).0).max().unwrap_or(1);
        let v_max = parts.iter().map(|p| factors(p).1).max().unwrap_or(1);
        let mcus = (width.div_ceil(8 * h_max), height.div_ceil(8 * v_max));
        let components = parts
            .iter()
            .map(|part| {
                let (h, v) = factors(part);
                let stride = mcus.0 * h;
                Component {
                    id: part[0],
                    h,
                    v,
                    stride,
                    blocks_x: (width * h).div_ceil(8 * h_max),
                    blocks_y: (height * v).div_ceil(8 * v_max),
                    quantisation: usize::from(part[2]),
                    sent: [NOT_SENT; 64],
                    nonzero: match progressive {
                        true => vec![0; (stride * mcus.1 * v) as usize],
                        false => Vec::new(),
                    },
                }
            })
            .collect();
        self.frame = Some(Frame {
            progressive,
            components,
            mcus,
        });
        Ok(())
    }

    fn huffman_tables(&mut self, mut rest: &[u8]) -> Result<()> {
        let bad = || corrupt("a Huffman table is malformed");
        while let [class_and_place, after @ ..] = rest {
            let (class, place) = (class_and_place >> 4, usize::from(class_and_place & 15));
            let (counts, after) = after.split_first_chunk::<16>().ok_or_else(bad)?;
            let total = counts.iter().map(|&c| usize::from(c)).sum::<usize>();
            if class > 1 || place > 3 || total > 256 {
                return Err(bad());
            }
            let (values, after) = after.split_at_checked(total).ok_or_else(bad)?;
            let table = Huffman::new(counts, values).ok_or_else(bad)?;
            match class {
                0 if values.iter().all(|&v| v <= 15) => self.tables.dc[place] = Some(table),
                0 => return Err(bad()),
                _ => self.tables.ac[place] = Some(table),
            }
            rest = after;
        }
        Ok(())
    }

    fn quantisation_tables(&mut self, mut rest: &[u8]) -> Result<()> {
        let bad = || corrupt("a quantisation table is malformed");
        if self.scans > 0 {
            return Err(unsupported("changes its quantisation between scans"));
        }
        while let [precision_and_place, after @ ..] = rest {
            let size = match precision_and_place >> 4 {
                0 => 64,
                1 => 128,
                _ => return Err(bad()),
            };
            let place = usize::from(precision_and_place & 15);
            let (_, after) = after.split_at_checked(size).ok_or_else(bad)?;
            *self.quantisation.get_mut(place).ok_or_else(bad)? = true;
            rest = after;
        }
        Ok(())
    }

    /// Reads a scan header and walks the scan's data; returns where the data ends.
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
            from: u32::from(range[0]),
            to: u32::from(range[1]),
            high: range[2] >> 4,
            low: range[2] & 15,
        };
        for name in names.chunks_exact(2) {
            let index = frame
                .components
                .iter()
                .position(|c| c.id == name[0])
                .ok_or_else(bad)?;
            let (dc, ac) = (usize::from(name[1] >> 4), usize::from(name[1] & 15));
            if dc > 3 || ac > 3 || header.parts.iter().any(|p| p.0 == index) {
                return Err(bad());
            }
            if !self.quantisation[frame.components[index].quantisation] {
                return Err(corrupt("a quantisation table is missing"));
            }
            header.parts.push((index, dc, ac));
        }
        let blocks: u32 = header
            .parts
            .iter()
            .map(|p| frame.components[p.0].h * frame.components[p.0].v)
            .sum();
        if header.parts.len() > 1 && blocks > 10 {
            return Err(bad());
        }
        if frame.progressive {
            check_progression(&header, &mut frame.components).ok_or_else(bad)?;
        } else {
            check_sequence(&header, &mut frame.components)?;
        }
        scan::walk(self.bytes, data, &header, frame, &self.tables, self.restart).map_err(|flaw| {
            corrupt(match flaw {
                Flaw::Short => "its data ends before the last pixel",
                Flaw::BadCode => "its data has codes that no encoder writes",
            })
        })
    }

    /// At the end of the picture: everything must have been sent.
    fn finish(self) -> Result<()> {
        let frame = self
            .frame
            .ok_or_else(|| corrupt("it has no frame header"))?;
        let whole = frame.components.iter().all(|c| c.sent == [0; 64]);
        match whole {
            true => Ok(()),
            false => Err(corrupt("it ends before all of its scans")),
        }
    }
}

/// Marks what a sequential scan sends.
fn check_sequence(header: &ScanHeader, components: &mut [Component]) -> Result<()> {
    let subsampled = components.iter().any(|c| c.h * c.v != 1);
    if header.parts.len() != components.len() && subsampled {
        // The decoder places blocks of such scans wrongly.
        return Err(unsupported(
            "has separate scans of components of different size",
        ));
    }
    for &(index, ..) in &header.parts {
        if components[index].sent != [NOT_SENT; 64] {
            return Err(corrupt("a component is sent twice"));
        }
        components[index].sent = [0; 64];
    }
    Ok(())
}

/// Checks a progressive scan's place in the sequence (T.81 G.1.1.1), and marks what it sends.
fn check_progression(header: &ScanHeader, components: &mut [Component]) -> Option<()> {
    let ScanHeader {
        ref parts,
        from,
        to,
        high,
        low,
    } = *header;
    let dc = from == 0;
    let in_range = if dc {
        to == 0
    } else {
        from <= to && to <= 63 && parts.len() == 1
    };
    if !in_range || low > 13 || (high != 0 && low + 1 != high) {
        return None;
    }
    for &(index, ..) in parts {
        let sent = &mut components[index].sent;
        // The DC coefficient comes first.
        if !dc && sent[0] == NOT_SENT {
            return None;
        }
        for bit in &mut sent[from as usize..=to as usize] {
            let in_order = match high {
                0 => *bit == NOT_SENT,
                _ => *bit == high,
            };
            if !in_order {
                return None;
            }
            *bit = low;
        }
    }
    Some(())
}
