//! Walks the entropy-coded data of JPEG scans (ITU-T T.81, annexes F and G) without keeping the
//! picture: only to know that every block is there.
//!
//! Decoders fill what is missing with grey and say nothing. A picture that is half grey would
//! get a vector like any other, so the data is walked once before it is decoded.

use super::bits::{Bits, Flaw, Huffman};

/// A colour component of the frame.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Horizontal sampling factor.
    pub(super) h: u32,
    /// Vertical sampling factor.
    pub(super) v: u32,
    /// Its quantisation table.
    pub(super) quantisation: usize,
    /// Blocks in a row of whole MCUs.
    pub(super) stride: u32,
    /// Blocks in a row and rows of blocks that hold pixels.
    pub(super) blocks_x: u32,
    pub(super) blocks_y: u32,
    /// For each coefficient, in zigzag order, the lowest bit sent so far; `NOT_SENT` before.
    pub(super) sent: [u8; 64],
    /// Progressive frames: for each block, which coefficients are not zero.
    pub(super) nonzero: Vec<u64>,
}

/// A frame: the components and how they make up the picture.
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) components: Vec<Component>,
    /// MCUs in a row and rows of MCUs.
    pub(super) mcus: (u32, u32),
}

/// No scan has sent the coefficient yet.
pub(super) const NOT_SENT: u8 = 0xff;

/// What a scan header says.
#[derive(Debug, Clone)]
pub(super) struct ScanHeader {
    /// Index of the component, its DC table and its AC table.
    pub(super) parts: Vec<(usize, usize, usize)>,
    /// First and last coefficient.
    pub(super) from: u32,
    pub(super) to: u32,
    /// Bit position of the scan before (0: none) and of this one.
    pub(super) high: u8,
    pub(super) low: u8,
}

/// The tables in force, DC then AC.
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

/// Walks one scan whose data begins at `start`; returns where the data ends.
///
/// `restart` is the restart interval in MCUs, 0 for none.
pub(super) fn walk(
    bytes: &[u8],
    start: usize,
    header: &ScanHeader,
    frame: &mut Frame,
    tables: &Tables,
    restart: u32,
) -> Result<usize, Flaw> {
    let Frame {
        progressive,
        ref mut components,
        mcus,
    } = *frame;
    let coding = match (progressive, header.from, header.high) {
        (false, ..) => Coding::Sequential,
        (true, 0, 0) => Coding::DcFirst,
        (true, 0, _) => Coding::DcRefine,
        (true, _, 0) => Coding::AcFirst,
        (true, _, _) => Coding::AcRefine,
    };
    let (columns, rows) = match header.parts[..] {
        [(only, ..)] => (components[only].blocks_x, components[only].blocks_y),
        _ => mcus,
    };
    let interleaved = header.parts.len() > 1;
    let mut bits = Bits::new(bytes, start);
    let mut eob_run = 0_u32;
    let mut until_restart = restart;
    let mut next_restart = 0_u8;
    for row in 0..rows {
        for column in 0..columns {
            if restart != 0 && until_restart == 0 {
                // A run of empty blocks may not cross a restart.
                if eob_run != 0 {
                    return Err(Flaw::BadCode);
                }
                let at = restart_marker(bytes, bits.end(), next_restart)?;
                bits = Bits::new(bytes, at);
                next_restart = (next_restart + 1) & 7;
                until_restart = restart;
            }
            for &(index, dc, ac) in &header.parts {
                let (h, v) = match interleaved {
                    true => (components[index].h, components[index].v),
                    false => (1, 1),
                };
                for y in 0..v {
                    for x in 0..h {
                        let component = &mut components[index];
                        let block = ((row * v + y) * component.stride + column * h + x) as usize;
                        block_bits(
                            &mut bits,
                            coding,
                            header,
                            (&tables.dc[dc], &tables.ac[ac]),
                            component.nonzero.get_mut(block),
                            &mut eob_run,
                        )?;
                    }
                }
            }
            until_restart = until_restart.wrapping_sub(1);
        }
    }
    if eob_run != 0 {
        return Err(Flaw::BadCode);
    }
    Ok(bits.end())
}

/// Reads one block.
#[inline]
fn block_bits(
    bits: &mut Bits<'_>,
    coding: Coding,
    header: &ScanHeader,
    (dc, ac): (&Option<Huffman>, &Option<Huffman>),
    nonzero: Option<&mut u64>,
    eob_run: &mut u32,
) -> Result<(), Flaw> {
    match coding {
        Coding::Sequential => {
            read_dc(bits, dc)?;
            let table = ac.as_ref().ok_or(Flaw::BadCode)?;
            let mut k = 1;
            while k < 64 {
                let symbol = bits.symbol(table)?;
                let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
                if size == 0 {
                    match run {
                        15 => k += 16,
                        _ => break,
                    }
                    continue;
                }
                k += run;
                if k > 63 {
                    return Err(Flaw::BadCode);
                }
                bits.take(size)?;
                k += 1;
            }
            // Sixteen zeros may end the block exactly, not pass it.
            if k > 64 { Err(Flaw::BadCode) } else { Ok(()) }
        }
        Coding::DcFirst => read_dc(bits, dc),
        Coding::DcRefine => bits.take(1).map(drop),
        Coding::AcFirst => {
            if *eob_run > 0 {
                *eob_run -= 1;
                return Ok(());
            }
            let nonzero = nonzero.ok_or(Flaw::BadCode)?;
            let table = ac.as_ref().ok_or(Flaw::BadCode)?;
            let mut k = header.from;
            while k <= header.to {
                let symbol = bits.symbol(table)?;
                let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
                if size == 0 {
                    if run < 15 {
                        *eob_run = (1 << run) + bits.take(run)? - 1;
                        return Ok(());
                    }
                    k += 16;
                    continue;
                }
                k += run;
                if k > header.to {
                    return Err(Flaw::BadCode);
                }
                bits.take(size)?;
                *nonzero |= 1 << k;
                k += 1;
            }
            if k > header.to + 1 {
                Err(Flaw::BadCode)
            } else {
                Ok(())
            }
        }
        Coding::AcRefine => {
            let nonzero = nonzero.ok_or(Flaw::BadCode)?;
            let table = ac.as_ref().ok_or(Flaw::BadCode)?;
            refine(bits, header, table, nonzero, eob_run)
        }
    }
}

fn read_dc(bits: &mut Bits<'_>, table: &Option<Huffman>) -> Result<(), Flaw> {
    let size = bits.symbol(table.as_ref().ok_or(Flaw::BadCode)?)?;
    // A difference of 8-bit samples' DC coefficients has at most 11 bits.
    if size > 11 {
        return Err(Flaw::BadCode);
    }
    bits.take(u32::from(size)).map(drop)
}

/// A later bit of coefficients, and coefficients that become non-zero with it (T.81 G.1.2.3).
fn refine(
    bits: &mut Bits<'_>,
    header: &ScanHeader,
    table: &Huffman,
    nonzero: &mut u64,
    eob_run: &mut u32,
) -> Result<(), Flaw> {
    let mut k = header.from;
    let before = *nonzero;
    while *eob_run == 0 && k <= header.to {
        let symbol = bits.symbol(table)?;
        let (mut run, size) = (u32::from(symbol >> 4), symbol & 15);
        match size {
            0 if run < 15 => {
                *eob_run = (1 << run) + bits.take(run)?;
                break;
            }
            0 => {}
            1 => drop(bits.take(1)?),
            _ => return Err(Flaw::BadCode),
        }
        // Pass `run` coefficients that are still zero, and refine the others on the way.
        loop {
            if k > header.to {
                // Sixteen zeros may run out with the band; a new coefficient must have a place.
                if size == 1 || run > 0 {
                    return Err(Flaw::BadCode);
                }
                break;
            }
            if before >> k & 1 == 1 {
                bits.take(1)?;
            } else if run == 0 {
                if size == 1 {
                    *nonzero |= 1 << k;
                }
                k += 1;
                break;
            } else {
                run -= 1;
            }
            k += 1;
        }
    }
    if *eob_run > 0 {
        while k <= header.to {
            if before >> k & 1 == 1 {
                bits.take(1)?;
            }
            k += 1;
        }
        *eob_run -= 1;
    }
    Ok(())
}

/// Finds the restart marker `RST(number)` at `position`; returns what comes after it.
fn restart_marker(bytes: &[u8], position: usize, number: u8) -> Result<usize, Flaw> {
    let (at, marker) = next_marker(bytes, position).ok_or(Flaw::Short)?;
    match marker {
        0xd0..=0xd7 if marker - 0xd0 == number => Ok(at + 2),
        0xd0..=0xd7 => Err(Flaw::BadCode),
        _ => Err(Flaw::Short),
    }
}

/// Bytes of leftover data that are forgiven between a scan and its marker. Some cameras leave
/// one or two; more means that the scan was misread.
const SLACK: usize = 3;

/// The marker that follows the data ending at `position`: where it stands and what it is. `None`
/// at the end of the file or if more than a little data lies before it.
pub(super) fn next_marker(bytes: &[u8], position: usize) -> Option<(usize, u8)> {
    let mut left_over = 0;
    let mut at = position;
    loop {
        match (*bytes.get(at)?, bytes.get(at + 1)) {
            (0xff, Some(0xff)) => at += 1,
            (0xff, Some(&marker)) if marker != 0 => return Some((at, marker)),
            (0xff, None) => return None,
            (0xff, Some(_)) => {
                left_over += 1;
                at += 2;
            }
            // Zeros are padding.
            (0, _) => at += 1,
            _ => {
                left_over += 1;
                at += 1;
            }
        }
        if left_over > SLACK {
            return None;
        }
    }
}
