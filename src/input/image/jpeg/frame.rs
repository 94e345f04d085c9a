//! A JPEG frame: its components, their blocks and samples (ITU-T T.81, annex A).

use super::super::{DecodeLimits, limits};
use super::scale::{self, Scale};
use super::{corrupt, idct, unsupported};
use crate::Result;

/// A colour component of the frame.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Horizontal and vertical sampling factors.
    pub(super) h: u32,
    pub(super) v: u32,
    /// Which quantisation table it uses, and the table as its first scan found it, by rows.
    pub(super) table: usize,
    pub(super) quantisation: [u16; 64],
    /// Blocks in a row of whole MCUs.
    pub(super) stride: u32,
    /// Blocks in a row and rows of blocks that hold pixels.
    pub(super) blocks_x: u32,
    pub(super) blocks_y: u32,
    /// Samples that a block becomes, across and down: 8, 4, 2 or 1.
    pub(super) block: (u32, u32),
    /// How many coefficients of a block, in zigzag order, these are made of.
    pub(super) needed: usize,
    /// Samples in a row and rows that the encoder made from pixels, scaled.
    pub(super) width: u32,
    pub(super) height: u32,
    /// How many times it is enlarged, across and down, to the picture's size.
    pub(super) enlarged: (u32, u32),
    /// For each coefficient, in zigzag order, the lowest bit sent so far; `NOT_SENT` before.
    pub(super) sent: [u8; 64],
    /// Progressive frames until their end: the blocks, their coefficients by rows.
    pub(super) coefficients: Vec<[i16; 64]>,
    /// Samples of whole MCUs, `[…, line]`.
    pub(super) plane: Vec<u8>,
}

/// No scan has sent the coefficient yet.
pub(super) const NOT_SENT: u8 = 0xff;

impl Component {
    /// Samples from one row of the plane to the next.
    #[inline(always)]
    pub(super) fn line(&self) -> usize {
        self.stride as usize * self.block.0 as usize
    }

    /// Writes the samples of block (`x`, `y`), of which only the first `coded` coefficients, in
    /// zigzag order, may differ from zero.
    #[inline(always)]
    pub(super) fn write_block(&mut self, x: usize, y: usize, block: &[i16; 64], coded: usize) {
        let line = self.line();
        let (width, height) = self.block;
        let plane = &mut self.plane[y * height as usize * line + x * width as usize..];
        idct::write_block(block, coded, &self.quantisation, plane, line, self.block);
    }

    /// Transforms the blocks of a progressive frame into samples, and lets go of them.
    ///
    /// # Errors
    /// [`Code::ImageTooLarge`](crate::Code::ImageTooLarge) where memory does not suffice.
    pub(super) fn finish(&mut self) -> Result<()> {
        if self.coefficients.is_empty() {
            return Ok(());
        }
        let blocks = std::mem::take(&mut self.coefficients);
        let samples = self.block.0 as usize * self.block.1 as usize;
        self.plane = limits::buffer(blocks.len() * samples, 0)?;
        for (y, blocks) in blocks.chunks_exact(self.stride as usize).enumerate() {
            for (x, block) in blocks.iter().enumerate() {
                self.write_block(x, y, block, idct::coded(block));
            }
        }
        Ok(())
    }
}

/// A frame: the components and how they make up the picture.
pub(super) struct Frame {
    /// The decoded picture's size: the file's, scaled.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) progressive: bool,
    pub(super) components: Vec<Component>,
    /// MCUs in a row and rows of MCUs.
    pub(super) mcus: (u32, u32),
}

/// What a frame header says about a component.
struct Stated {
    id: u8,
    h: u32,
    v: u32,
    table: usize,
}

impl Frame {
    /// Reads a frame header, and takes the memory that its picture needs.
    ///
    /// `least` is the least short side to decode to (see [`Scale::choose`]); `turned` says that a
    /// copy is made at the end to swap the sides.
    ///
    /// # Errors
    /// As [`decode`](super::decode).
    pub(super) fn read(
        segment: &[u8],
        progressive: bool,
        limits: &DecodeLimits,
        least: Option<u32>,
        turned: bool,
    ) -> Result<Self> {
        let [precision, h1, h0, w1, w0, count, parts @ ..] = segment else {
            return Err(corrupt("its frame header is too short"));
        };
        if *precision != 8 {
            return Err(unsupported("does not have 8 bits per sample"));
        }
        let height = u32::from(u16::from_be_bytes([*h1, *h0]));
        let width = u32::from(u16::from_be_bytes([*w1, *w0]));
        let scale = Scale::choose(width, height, least);
        let admit = |bytes| limits.admit_scaled(width, height, scale.divisor(), bytes);
        admit(0)?;
        if !matches!(count, 1 | 3 | 4) {
            return Err(unsupported("has neither 1, 3 nor 4 colour components"));
        }
        if parts.len() != usize::from(*count) * 3 {
            return Err(corrupt("its frame header has the wrong length"));
        }
        let parts = components(parts)?;
        let h_max = parts.iter().map(|part| part.h).max().unwrap_or(1);
        let v_max = parts.iter().map(|part| part.v).max().unwrap_or(1);
        let mcus = (width.div_ceil(8 * h_max), height.div_ceil(8 * v_max));

        let component = |part: &Stated| {
            let (across, wider) = scale.block(part.h, h_max);
            let (down, higher) = scale.block(part.v, v_max);
            Component {
                id: part.id,
                h: part.h,
                v: part.v,
                table: part.table,
                quantisation: [0; 64],
                stride: mcus.0 * part.h,
                blocks_x: (width * part.h).div_ceil(8 * h_max),
                blocks_y: (height * part.v).div_ceil(8 * v_max),
                block: (across, down),
                needed: scale::needed(across, down),
                width: (width * part.h * across).div_ceil(8 * h_max),
                height: (height * part.v * down).div_ceil(8 * v_max),
                enlarged: (wider, higher),
                sent: [NOT_SENT; 64],
                coefficients: Vec::new(),
                plane: Vec::new(),
            }
        };
        let mut frame = Self {
            width: scale.side(width),
            height: scale.side(height),
            progressive,
            components: parts.iter().map(component).collect(),
            mcus,
        };
        admit(frame.peak(turned))?;
        let divides = |part: &Stated| h_max.is_multiple_of(part.h) && v_max.is_multiple_of(part.v);
        if !parts.iter().all(divides) {
            return Err(unsupported("has components of fractional size"));
        }
        for (component, part) in frame.components.iter_mut().zip(&parts) {
            let blocks = component.stride as usize * (mcus.1 * part.v) as usize;
            if progressive {
                component.coefficients = limits::buffer(blocks, [0; 64])?;
            } else {
                let samples = component.block.0 as usize * component.block.1 as usize;
                component.plane = limits::buffer(blocks * samples, 0)?;
            }
        }
        Ok(frame)
    }

    /// Most bytes held at once: the samples, with a progressive frame's coefficients before
    /// and the pixels after; or the pixels twice if they are turned.
    fn peak(&self, turned: bool) -> u64 {
        let (mut coefficients, mut samples) = (0, 0);
        for component in &self.components {
            let rows = u64::from(self.mcus.1 * component.v);
            let blocks = u64::from(component.stride) * rows;
            coefficients += blocks * 64 * 2;
            samples += blocks * u64::from(component.block.0 * component.block.1);
        }
        let pixels = u64::from(self.width) * u64::from(self.height) * 3;
        let first = if self.progressive { coefficients } else { 0 };
        let last = if turned { pixels * 2 } else { 0 };
        (samples + first.max(pixels)).max(last)
    }
}

/// The components that a frame header lists.
fn components(parts: &[u8]) -> Result<Vec<Stated>> {
    let mut stated: Vec<Stated> = Vec::new();
    // One component alone is never interleaved: its factors mean nothing.
    let is_single = parts.len() == 3;
    for part in parts.chunks_exact(3) {
        let (h, v) = (u32::from(part[1] >> 4), u32::from(part[1] & 15));
        if !matches!((h, v, part[2]), (1..=4, 1..=4, 0..=3)) {
            return Err(corrupt("its frame header states impossible sampling"));
        }
        if stated.iter().any(|other| other.id == part[0]) {
            return Err(corrupt("two of its components have one name"));
        }
        let (h, v) = if is_single { (1, 1) } else { (h, v) };
        stated.push(Stated {
            id: part[0],
            h,
            v,
            table: usize::from(part[2]),
        });
    }
    Ok(stated)
}
