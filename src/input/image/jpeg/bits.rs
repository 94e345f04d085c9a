//! The bits of a JPEG scan (ITU-T T.81, annex F), read to check them.

use super::huffman::{AHEAD, Huffman};

/// Why a scan cannot be what an encoder wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The data ends, or a marker comes, before the scan is complete.
    Short,
    /// Bits that are no code word, or a code word that is not allowed where it stands.
    BadCode,
}

/// Bits of entropy-coded data, up to the next marker.
///
/// `window` holds the next `held` bits at its top; below them it is zero.
#[derive(Clone)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
    window: u64,
    held: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], position: usize) -> Self {
        Self {
            bytes,
            position,
            window: 0,
            held: 0,
        }
    }

    /// Fills the window with at least 32 bits, unless a marker or the end comes first: enough for
    /// one code word (16 bits) and the number after it (15 bits).
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if self.held >= 32 {
            return;
        }
        if let Some(&four) = self.bytes[self.position..].first_chunk::<4>() {
            let word = u32::from_be_bytes(four);
            // The usual case: no byte of the four is 0xff.
            if (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
                self.window |= u64::from(word) << (32 - self.held);
                self.held += 32;
                self.position += 4;
                return;
            }
        }
        // By value, so that the compiler can keep the other path in registers.
        *self = self.clone().filled_by_bytes();
    }

    /// The window filled byte by byte: near 0xff and at the end of the file.
    #[cold]
    fn filled_by_bytes(mut self) -> Self {
        while self.held <= 32 {
            let Some(&byte) = self.bytes.get(self.position) else {
                break;
            };
            if byte == 0xff {
                if self.bytes.get(self.position + 1) != Some(&0) {
                    break;
                }
                self.position += 1;
            }
            self.window |= u64::from(byte) << (56 - self.held);
            self.held += 8;
            self.position += 1;
        }
        self
    }

    /// The next [`AHEAD`] bits, as an index. Zeros follow the end of the data.
    #[inline(always)]
    pub(super) fn ahead(&self) -> usize {
        (self.window >> (64 - AHEAD)) as usize
    }

    /// The next 16 bits.
    #[inline(always)]
    pub(super) fn ahead_16(&self) -> u32 {
        (self.window >> 48) as u32
    }

    /// Passes `count` (up to 31) bits.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) -> Result<(), Flaw> {
        if count > self.held {
            return Err(Flaw::Short);
        }
        self.window <<= count;
        self.held -= count;
        Ok(())
    }

    /// Reads `count` (0 to 16) bits as a number.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> Result<u32, Flaw> {
        self.refill();
        self.take_held(count)
    }

    /// [`take`](Self::take) where the bits were filled in before.
    #[inline(always)]
    pub(super) fn take_held(&mut self, count: u32) -> Result<u32, Flaw> {
        // In two steps, as a number cannot be shifted by its whole width.
        let value = (self.window >> 32 >> (32 - count)) as u32;
        self.skip(count)?;
        Ok(value)
    }

    /// Reads one code word of `table`.
    #[inline(always)]
    pub(super) fn symbol(&mut self, table: &Huffman) -> Result<u8, Flaw> {
        self.refill();
        let entry = table.entry(self.ahead());
        if entry.length() != 0 {
            self.skip(entry.length())?;
            return Ok(entry.symbol());
        }
        self.long_symbol(table)
    }

    /// Reads a code word of more than [`AHEAD`] bits, which were filled in before.
    #[inline]
    pub(super) fn long_symbol(&mut self, table: &Huffman) -> Result<u8, Flaw> {
        match table.long(self.ahead_16()) {
            Some((length, symbol)) => {
                self.skip(length)?;
                Ok(symbol)
            }
            None if self.held < 16 => Err(Flaw::Short),
            None => Err(Flaw::BadCode),
        }
    }

    /// Where the first byte stands of which no bit was read: the next marker is looked for there.
    pub(super) fn end(&self) -> usize {
        // Whole bytes in the window were read ahead. A stuffed zero belongs to its 0xff.
        let mut position = self.position;
        for _ in 0..self.held / 8 {
            position -= 1;
            if position > 0 && self.bytes[position - 1..=position] == [0xff, 0] {
                position -= 1;
            }
        }
        position
    }

    /// Whether what is left of the last byte are ones: so encoders fill it up where a scan or a
    /// restart interval ends (T.81 F.1.2.3).
    pub(super) fn ends_in_ones(&self) -> bool {
        let left = self.held % 8;
        self.window >> 32 >> (32 - left) == (1 << left) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_stop_at_a_marker_and_end_finds_the_next_byte() {
        let bytes = [0xa5, 0xff, 0x00, 0x12, 0x34, 0x56, 0xff, 0xd9];
        let mut bits = Bits::new(&bytes, 0);
        assert_eq!(bits.take(4), Ok(0xa));
        assert_eq!(bits.take(12), Ok(0x5ff));
        assert_eq!(bits.take(3), Ok(0));
        assert_eq!(bits.end(), 4);
        let mut bits = Bits::new(&bytes, 0);
        assert_eq!(bits.take(0), Ok(0));
        assert_eq!(bits.take(16), Ok(0xa5ff));
        assert_eq!(bits.take(16), Ok(0x1234));
        assert_eq!(bits.take(8), Ok(0x56));
        assert_eq!(bits.take(1), Err(Flaw::Short));
        assert_eq!(bits.end(), 6);
        let mut bits = Bits::new(&bytes, 0);
        assert_eq!(bits.take(3), Ok(5));
        assert_eq!(bits.end(), 1);
    }

    #[test]
    fn the_filling_of_the_last_byte_is_told_from_data() {
        let mut bits = Bits::new(&[0b1011_0111], 0);
        for (count, ones) in [(1, false), (3, false), (1, true), (2, true), (1, true)] {
            bits.take(count).unwrap();
            assert_eq!(bits.ends_in_ones(), ones);
        }
        assert!(Bits::new(&[0], 0).ends_in_ones());
    }
}
