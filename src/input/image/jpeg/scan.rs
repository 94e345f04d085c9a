//! The entropy-coded data of JPEG scans (ITU-T T.81, annexes F and G).
//!
//! Every code word must be one that an encoder may write where it stands, and every block must be
//! there: what is missing is an error, never a grey block.

use super::bits::{Bits, Flaw};
use super::frame::{Component, Frame};
use super::huffman::{Huffman, extend};
use super::markers;

/// Places of the coefficients, in the order in which they are sent (T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// One component's part in a scan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Index of the component.
    pub(super) component: usize,
    /// Its Huffman tables.
    pub(super) dc: usize,
    pub(super) ac: usize,
}

/// What a scan header says.
#[derive(Debug, Clone)]
pub(super) struct ScanHeader {
    pub(super) parts: Vec<Part>,
    /// First and last coefficient.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Bit position of the scan before (0: none) and of this one.
    pub(super) high: u8,
    pub(super) low: u8,
}

/// The Huffman tables in force.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) dc: [Option<Huffman>; 4],
    pub(super) ac: [Option<Huffman>; 4],
}

/// How the blocks of a scan are coded.
#[derive(Clone, Copy)]
enum Coding {
    Sequential,
    DcFirst,
    DcRefine,
    AcFirst,
    AcRefine,
}

/// Reads one scan whose data begins at `start` into the frame; returns where the marker after it
/// stands, or the file ends.
///
/// `restart` is the restart interval in MCUs, 0 for none.
pub(super) fn read(
    bytes: &[u8],
    start: usize,
    header: &ScanHeader,
    frame: &mut Frame,
    tables: &Tables,
    restart: u32,
) -> Result<usize, Flaw> {
    let coding = match (frame.progressive, header.from, header.high) {
        (false, ..) => Coding::Sequential,
        (true, 0, 0) => Coding::DcFirst,
        (true, 0, _) => Coding::DcRefine,
        (true, _, 0) => Coding::AcFirst,
        (true, _, _) => Coding::AcRefine,
    };
    let components = &mut frame.components;
    // A scan of one component goes by its own blocks, another by MCUs (T.81 A.2).
    let interleaved = header.parts.len() > 1;
    let (columns, rows) = match header.parts[..] {
        [only] => {
            let component = &components[only.component];
            (component.blocks_x, component.blocks_y)
        }
        _ => frame.mcus,
    };
    let mut reader = Reader {
        bits: Bits::new(bytes, start),
        coding,
        header,
        tables,
        predictions: [0; 4],
        eob_run: 0,
    };
    let mut until_restart = restart;
    let mut next_restart = 0_u8;
    for row in 0..rows {
        for column in 0..columns {
            if restart != 0 && until_restart == 0 {
                let at = markers::restart(bytes, &reader.bits, next_restart)?;
                reader.restart(Bits::new(bytes, at))?;
                next_restart = (next_restart + 1) & 7;
                until_restart = restart;
            }
            for &part in &header.parts {
                let component = &mut components[part.component];
                let (h, v) = match interleaved {
                    true => (component.h, component.v),
                    false => (1, 1),
                };
                for y in row * v..(row + 1) * v {
                    for x in column * h..(column + 1) * h {
                        reader.block(component, part, x as usize, y as usize)?;
                    }
                }
            }
            until_restart = until_restart.wrapping_sub(1);
        }
    }
    let bits = reader.restart(Bits::new(bytes, start))?;
    markers::after_data(bytes, &bits)
}

/// The state of reading a scan.
struct Reader<'a> {
    bits: Bits<'a>,
    coding: Coding,
    header: &'a ScanHeader,
    tables: &'a Tables,
    /// By component: the DC coefficient of the block before.
    predictions: [i32; 4],
    /// Blocks still to come whose rest of the band is empty.
    eob_run: u32,
}

impl<'a> Reader<'a> {
    /// Starts anew with `bits`; gives back the old ones. A run of empty blocks may not go on.
    fn restart(&mut self, bits: Bits<'a>) -> Result<Bits<'a>, Flaw> {
        if self.eob_run != 0 {
            return Err(Flaw::BadCode);
        }
        self.predictions = [0; 4];
        Ok(std::mem::replace(&mut self.bits, bits))
    }

    /// Reads block (`x`, `y`) of a component.
    #[inline]
    fn block(
        &mut self,
        component: &mut Component,
        part: Part,
        x: usize,
        y: usize,
    ) -> Result<(), Flaw> {
        if let Coding::Sequential = self.coding {
            let mut block = [0; 64];
            let coded = self.sequential(part, component.needed, &mut block)?;
            component.write_block(x, y, &block, coded);
            return Ok(());
        }
        let block = &mut component.coefficients[y * component.stride as usize + x];
        match self.coding {
            Coding::DcRefine => {
                block[0] |= (self.bits.take(1)? << self.header.low) as i16;
                Ok(())
            }
            Coding::AcFirst => self.ac_first(part, block),
            Coding::AcRefine => self.ac_refine(part, block),
            Coding::DcFirst | Coding::Sequential => {
                let mut bits = self.bits.clone();
                block[0] = (self.dc(part, &mut bits)? << self.header.low) as i16;
                self.bits = bits;
                Ok(())
            }
        }
    }

    /// The DC coefficient of the next block.
    #[inline(always)]
    fn dc(&mut self, part: Part, bits: &mut Bits<'_>) -> Result<i32, Flaw> {
        let table = self.tables.dc[part.dc].as_ref().ok_or(Flaw::BadCode)?;
        let size = u32::from(bits.symbol(table)?);
        // A difference between 8-bit samples' DC coefficients has at most 11 bits.
        if size > 11 {
            return Err(Flaw::BadCode);
        }
        let difference = extend(bits.take_held(size)?, size);
        let prediction = &mut self.predictions[part.component];
        *prediction = (*prediction + difference).clamp(-(1 << 15), (1 << 15) - 1);
        Ok(*prediction)
    }

    /// A whole block (T.81 F.2.2), of which the first `needed` coefficients are kept. Returns how
    /// many of these, in zigzag order, end with the last that is not zero; at least 1.
    #[inline]
    fn sequential(
        &mut self,
        part: Part,
        needed: usize,
        block: &mut [i16; 64],
    ) -> Result<usize, Flaw> {
        // A copy can stay in registers.
        let mut bits = self.bits.clone();
        block[0] = self.dc(part, &mut bits)? as i16;
        let table = self.tables.ac[part.ac].as_ref().ok_or(Flaw::BadCode)?;
        let (mut k, mut coded) = (1, 1);
        while k < needed {
            bits.refill();
            let entry = table.entry(bits.ahead());
            let value = if entry.with_number() != 0 {
                bits.skip(entry.with_number())?;
                k += usize::from(entry.symbol() >> 4);
                entry.number()
            } else {
                let symbol = match entry.length() {
                    0 => bits.long_symbol(table)?,
                    length => {
                        bits.skip(length)?;
                        entry.symbol()
                    }
                };
                let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
                if size == 0 {
                    if run < 15 {
                        self.bits = bits;
                        return Ok(coded);
                    }
                    k += 16;
                    continue;
                }
                k += run;
                extend(bits.take_held(size)?, size) as i16
            };
            block[usize::from(*ZIGZAG.get(k).ok_or(Flaw::BadCode)?)] = value;
            k += 1;
            coded = k;
        }
        while k < 64 {
            bits.refill();
            let pass = table.pass(bits.ahead());
            if pass.bits() != 0 && k + pass.coefficients() < 64 {
                bits.skip(pass.bits())?;
                if pass.is_end() {
                    break;
                }
                k += pass.coefficients();
                continue;
            }
            let symbol = bits.symbol(table)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && run < 15 {
                break;
            }
            bits.take_held(size)?;
            k += run + 1;
        }
        self.bits = bits;
        // Sixteen zeros may end the block, not pass it.
        if k > 64 {
            Err(Flaw::BadCode)
        } else {
            Ok(coded)
        }
    }

    /// The high bits of a band (T.81 G.1.2.2).
    fn ac_first(&mut self, part: Part, block: &mut [i16; 64]) -> Result<(), Flaw> {
        if self.eob_run > 0 {
            self.eob_run -= 1;
            return Ok(());
        }
        let table = self.tables.ac[part.ac].as_ref().ok_or(Flaw::BadCode)?;
        let (mut k, to) = (self.header.from, self.header.to);
        while k <= to {
            let symbol = self.bits.symbol(table)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    self.eob_run = (1 << run) + self.bits.take(run as u32)? - 1;
                    return Ok(());
                }
                k += 16;
                continue;
            }
            k += run;
            if k > to {
                return Err(Flaw::BadCode);
            }
            let value = extend(self.bits.take(size)?, size) << self.header.low;
            block[usize::from(ZIGZAG[k])] = value as i16;
            k += 1;
        }
        if k > to + 1 {
            Err(Flaw::BadCode)
        } else {
            Ok(())
        }
    }

    /// The next bit of a band (T.81 G.1.2.3).
    fn ac_refine(&mut self, part: Part, block: &mut [i16; 64]) -> Result<(), Flaw> {
        let table = self.tables.ac[part.ac].as_ref().ok_or(Flaw::BadCode)?;
        let (mut k, to) = (self.header.from, self.header.to);
        let bit = 1_i16 << self.header.low;
        while self.eob_run == 0 && k <= to {
            let symbol = self.bits.symbol(table)?;
            let (mut run, size) = (u32::from(symbol >> 4), symbol & 15);
            let new = match size {
                0 if run < 15 => {
                    self.eob_run = (1 << run) + self.bits.take(run)?;
                    break;
                }
                0 => 0,
                1 if self.bits.take(1)? == 1 => bit,
                1 => -bit,
                _ => return Err(Flaw::BadCode),
            };
            // Pass `run` coefficients that are still zero; refine the others on the way.
            loop {
                if k > to {
                    return Err(Flaw::BadCode);
                }
                let coefficient = &mut block[usize::from(ZIGZAG[k])];
                k += 1;
                if *coefficient != 0 {
                    refine(&mut self.bits, coefficient, bit)?;
                } else if run == 0 {
                    *coefficient = new;
                    break;
                } else {
                    run -= 1;
                }
            }
        }
        if self.eob_run > 0 {
            for &place in ZIGZAG.get(k..=to).unwrap_or_default() {
                let coefficient = &mut block[usize::from(place)];
                if *coefficient != 0 {
                    refine(&mut self.bits, coefficient, bit)?;
                }
            }
            self.eob_run -= 1;
        }
        Ok(())
    }
}

/// Adds one more bit to a coefficient that is not zero.
#[inline]
fn refine(bits: &mut Bits<'_>, coefficient: &mut i16, bit: i16) -> Result<(), Flaw> {
    if bits.take(1)? == 1 && *coefficient & bit == 0 {
        *coefficient = coefficient.wrapping_add(if *coefficient > 0 { bit } else { -bit });
    }
    Ok(())
}
