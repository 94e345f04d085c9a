//! The bits and Huffman codes of a JPEG scan (ITU-T T.81, annexes C and F), read to check them.

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

    /// Fills the window with at least 32 bits, unless a marker or the end comes first.
    #[inline]
    fn fill(&mut self) {
        while self.held <= 32 {
            if let Some(four) = self.bytes.get(self.position..self.position + 4) {
                let word = u32::from_be_bytes([four[0], four[1], four[2], four[3]]);
                // The usual case: no byte of the four is 0xff.
                if (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
                    self.window |= u64::from(word) << (32 - self.held);
                    self.held += 32;
                    self.position += 4;
                    continue;
                }
            }
            let Some(&byte) = self.bytes.get(self.position) else {
                return;
            };
            if byte == 0xff {
                if self.bytes.get(self.position + 1) != Some(&0) {
                    return;
                }
                self.position += 1;
            }
            self.window |= u64::from(byte) << (56 - self.held);
            self.held += 8;
            self.position += 1;
        }
    }

    #[inline]
    fn skip_held(&mut self, bits: u32) -> Result<(), Flaw> {
        if bits > self.held {
            return Err(Flaw::Short);
        }
        self.window <<= bits;
        self.held -= bits;
        Ok(())
    }

    /// Reads `count` (0 to 16) bits as a number.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> Result<u32, Flaw> {
        if count == 0 {
            return Ok(0);
        }
        if self.held < count {
            self.fill();
        }
        let value = (self.window >> (64 - count)) as u32;
        self.skip_held(count)?;
        Ok(value)
    }

    /// Reads one code word of `table`.
    #[inline]
    pub(super) fn symbol(&mut self, table: &Huffman) -> Result<u8, Flaw> {
        if self.held < 16 {
            self.fill();
        }
        let (length, symbol) = table.fast[(self.window >> (64 - FAST)) as usize];
        if length != 0 {
            self.skip_held(u32::from(length))?;
            return Ok(symbol);
        }
        let code = (self.window >> 48) as u32;
        for length in FAST + 1..=16 {
            if code < table.limit[length as usize] {
                self.skip_held(length)?;
                let index = (code >> (16 - length)) as i32 + table.offset[length as usize];
                return Ok(table.symbols[(index & 0xff) as usize]);
            }
        }
        Err(if self.held < 16 {
            Flaw::Short
        } else {
            Flaw::BadCode
        })
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
}

/// Code words up to this length are looked up at once.
const FAST: u32 = 9;

/// A Huffman table (T.81 annex C).
pub(super) struct Huffman {
    /// By the next 9 bits: length of the code word (0: longer than 9 bits) and its symbol.
    fast: Box<[(u8, u8); 1 << FAST]>,
    /// By length: one past the largest code word, shifted up to 16 bits.
    limit: [u32; 17],
    /// By length: what to add to a code word to find its symbol.
    offset: [i32; 17],
    symbols: [u8; 256],
}

impl Huffman {
    /// A table of `counts[i]` code words of `i + 1` bits, with their symbols in order.
    /// `None` if there are more code words than bits can tell apart.
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let mut symbols = [0; 256];
        symbols.get_mut(..values.len())?.copy_from_slice(values);
        let mut table = Self {
            fast: Box::new([(0, 0); 1 << FAST]),
            limit: [0; 17],
            offset: [0; 17],
            symbols,
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            table.offset[length as usize] = index as i32 - code as i32;
            for _ in 0..counts[length as usize - 1] {
                if code >= 1 << length {
                    return None;
                }
                if length <= FAST {
                    let first = (code << (FAST - length)) as usize;
                    let entry = (length as u8, *values.get(index)?);
                    table.fast[first..first + (1 << (FAST - length))].fill(entry);
                }
                code += 1;
                index += 1;
            }
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
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
    fn code_words_of_every_length_are_read() {
        // One code word of each length 1 to 16: 0, 10, 110, …
        let values: Vec<u8> = (0..16).collect();
        let table = Huffman::new(&[1; 16], &values).unwrap();
        for length in 1..=16_u32 {
            let word = (0xffff_u32 << (17 - length)) as u16 & !(1 << (16 - length));
            let mut bytes: Vec<u8> = Vec::new();
            for byte in word.to_be_bytes().into_iter().chain([0x55; 4]) {
                bytes.push(byte);
                if byte == 0xff {
                    bytes.push(0);
                }
            }
            let mut bits = Bits::new(&bytes, 0);
            assert_eq!(bits.symbol(&table), Ok(length as u8 - 1), "{length} bits");
        }
        let mut bits = Bits::new(&[0xff, 0, 0xff, 0, 0, 0], 0);
        assert_eq!(bits.symbol(&table), Err(Flaw::BadCode));
        assert!(
            Huffman::new(
                &[3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &[1, 2, 3]
            )
            .is_none()
        );
    }
}
