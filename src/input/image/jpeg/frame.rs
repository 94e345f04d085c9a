//! A JPEG frame: its components, their blocks and samples (ITU-T T.81, annex A).

use super::super::limits;
use super::idct;
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
    /// For each coefficient, in zigzag order, the lowest bit sent so far; `NOT_SENT` before.
    pub(super) sent: [u8; 64],
    /// Progressive frames until their end: the blocks, their coefficients by rows.
    pub(super) coefficients: Vec<[i16; 64]>,
    /// Samples of whole MCUs, `[…, stride · 8]`.
    pub(super) plane: Vec<u8>,
}

/// No scan has sent the coefficient yet.
pub(super) const NOT_SENT: u8 = 0xff;

impl Component {
    /// Transforms the blocks of a progressive frame into samples, and lets go of them.
    ///
    /// # Errors
    /// [`Code::ImageTooLarge`](crate::Code::ImageTooLarge) where memory does not suffice.
    pub(super) fn finish(&mut self) -> Result<()> {
        if self.coefficients.is_empty() {
            return Ok(());
        }
        let blocks = std::mem::take(&mut self.coefficients);
        self.plane = limits::buffer(blocks.len() * 64, 0)?;
        let stride = self.stride as usize;
        for (row, blocks) in blocks.chunks_exact(stride).enumerate() {
            for (column, block) in blocks.iter().enumerate() {
                let plane = &mut self.plane[(row * stride * 8 + column) * 8..];
                idct::write_block(block, &self.quantisation, plane, stride * 8);
            }
        }
        Ok(())
    }
}

/// A frame: the components and how they make up the picture.
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) progressive: bool,
    pub(super) components: Vec<Component>,
    /// The largest sampling factors.
    pub(super) most: (u32, u32),
    /// MCUs in a row and rows of MCUs.
    pub(super) mcus: (u32, u32),
}
